# SPDX-License-Identifier: MIT
# What the library is built with. All of it is private: no header of Gradus includes any of it.
if(EMSCRIPTEN)
  # The system's include folder as a whole is another machine's; fmt alone, headers only, is the same everywhere.
  find_path(GRADUS_FMT fmt/format.h PATHS /usr/include /usr/local/include NO_DEFAULT_PATH NO_CMAKE_FIND_ROOT_PATH REQUIRED)
  file(COPY ${GRADUS_FMT}/fmt DESTINATION ${PROJECT_BINARY_DIR}/include)
  add_library(fmt::fmt INTERFACE IMPORTED)
  target_include_directories(fmt::fmt SYSTEM INTERFACE ${PROJECT_BINARY_DIR}/include)
  target_compile_definitions(fmt::fmt INTERFACE FMT_HEADER_ONLY=1)
else()
  find_package(fmt REQUIRED)
endif()

if(NOT GRADUS_CORE_ONLY)
  find_package(nlohmann_json REQUIRED)
  find_package(tomlplusplus REQUIRED)
  find_package(hwy REQUIRED)
endif()
