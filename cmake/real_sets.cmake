# SPDX-License-Identifier: MIT
# Compiles the data files of data/ into the laboratory.
foreach(name iris digits)
  set(input ${PROJECT_SOURCE_DIR}/data/${name}.csv)
  set(output ${PROJECT_BINARY_DIR}/generated/${name}.cpp)
  add_custom_command(
    OUTPUT ${output}
    COMMAND ${CMAKE_COMMAND} -DNAME=${name} -DINPUT=${input} -DOUTPUT=${output} -P ${PROJECT_SOURCE_DIR}/cmake/embed.cmake
    DEPENDS ${input} ${PROJECT_SOURCE_DIR}/cmake/embed.cmake
    COMMENT "Embedding data/${name}.csv")
  target_sources(gradus_lab_objects PRIVATE ${output})
endforeach()
