# SPDX-License-Identifier: MIT
# Of a part of the library what AddressSanitizer and UndefinedBehaviorSanitizer see, or which branches gcov counts, all
# else as it always is: compiled in the time of that part, and the compiler's cache has the rest. Presets asan and tsan
# compile everything so.
set(GRADUS_SANITIZED_SOURCES "" CACHE STRING "The sources that the two sanitizers see, as beginnings of paths")
set(GRADUS_COVERED_SOURCES "" CACHE STRING "The sources whose branches are counted, as beginnings of paths")

# instrument_sources(BEGINNINGS OPTION...)   options for the library's sources whose paths begin so
function(instrument_sources beginnings)
  foreach(source IN LISTS gradus_sources lab_sources)
    cmake_path(RELATIVE_PATH source BASE_DIRECTORY ${PROJECT_SOURCE_DIR} OUTPUT_VARIABLE path)
    foreach(beginning IN LISTS beginnings)
      string(FIND ${path} ${beginning} at)
      if(at EQUAL 0)
        set_property(SOURCE ${source} APPEND PROPERTY COMPILE_OPTIONS ${ARGN})
      endif()
    endforeach()
  endforeach()
endfunction()

if(GRADUS_SANITIZED_SOURCES)
  add_link_options(-fsanitize=address,undefined)
  instrument_sources("${GRADUS_SANITIZED_SOURCES}" -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all
                     -fno-omit-frame-pointer)
endif()
if(GRADUS_COVERED_SOURCES)
  add_link_options(--coverage)
  instrument_sources("${GRADUS_COVERED_SOURCES}" -O0 -fno-inline --coverage)
endif()
