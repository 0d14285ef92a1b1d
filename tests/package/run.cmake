# SPDX-License-Identifier: MIT
# Installs Gradus into an empty prefix, and lets a project that knows nothing else find it, build with it and run.
function(must what)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT result EQUAL 0)
    message(FATAL_ERROR "${what} failed (${result}):\n${output}")
  endif()
  set(output "${output}" PARENT_SCOPE)
endfunction()

file(REMOVE_RECURSE ${WORK})
must(install ${CMAKE_COMMAND} --install ${BUILD} --prefix ${WORK}/prefix)
must(configure ${CMAKE_COMMAND} -S ${CONSUMER} -B ${WORK}/build -G ${GENERATOR} -DCMAKE_PREFIX_PATH=${WORK}/prefix
     -DCMAKE_CXX_COMPILER=${COMPILER} -DCMAKE_CXX_FLAGS=${FLAGS} -DCMAKE_BUILD_TYPE=${TYPE} -DGRADUS_VERSION=${VERSION})
must(build ${CMAKE_COMMAND} --build ${WORK}/build)
must(run ${WORK}/build/consumer)
if(NOT output MATCHES "2-3tanh-2softmax has 17 parameters")
  message(FATAL_ERROR "The consumer printed:\n${output}")
endif()
