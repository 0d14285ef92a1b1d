# SPDX-License-Identifier: MIT
# Of a part of the library what AddressSanitizer and UndefinedBehaviorSanitizer see, all else as it always is: compiled
# in the time of that part, and the compiler's cache has the rest. Presets asan and tsan compile everything so.
set(GRADUS_SANITIZED_SOURCES "" CACHE STRING "The sources that the two sanitizers see, as beginnings of paths")

if(GRADUS_SANITIZED_SOURCES)
  add_link_options(-fsanitize=address,undefined)
  foreach(source IN LISTS gradus_sources lab_sources)
    cmake_path(RELATIVE_PATH source BASE_DIRECTORY ${PROJECT_SOURCE_DIR} OUTPUT_VARIABLE path)
    foreach(beginning IN LISTS GRADUS_SANITIZED_SOURCES)
      string(FIND ${path} ${beginning} at)
      if(at EQUAL 0)
        set_property(SOURCE ${source} APPEND PROPERTY COMPILE_OPTIONS -O1;-g;-fsanitize=address,undefined
                                                      -fno-sanitize-recover=all;-fno-omit-frame-pointer)
      endif()
    endforeach()
  endforeach()
endif()
