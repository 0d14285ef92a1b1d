# SPDX-License-Identifier: MIT
# What the library is built with. All of it is private: no header of Gradus includes any of it.
if(EMSCRIPTEN)
  # The system's include folder as a whole is another machine's; these alone, headers only, are the same everywhere.
  foreach(dependency fmt hwy nlohmann toml++)
    find_path(GRADUS_${dependency} ${dependency} PATHS /usr/include /usr/local/include NO_DEFAULT_PATH NO_CMAKE_FIND_ROOT_PATH
              REQUIRED)
    file(COPY ${GRADUS_${dependency}}/${dependency} DESTINATION ${PROJECT_BINARY_DIR}/include)
  endforeach()
  foreach(library fmt::fmt hwy::hwy nlohmann_json::nlohmann_json tomlplusplus::tomlplusplus)
    add_library(${library} INTERFACE IMPORTED)
    target_include_directories(${library} SYSTEM INTERFACE ${PROJECT_BINARY_DIR}/include)
  endforeach()
  target_compile_definitions(fmt::fmt INTERFACE FMT_HEADER_ONLY=1)
  # Highway's own target for WebAssembly has no float64; vectors of 128 bits in plain C++ are made SIMD by the compiler.
  target_compile_definitions(hwy::hwy INTERFACE HWY_COMPILE_ONLY_EMU128)
else()
  find_package(fmt REQUIRED)
  find_package(hwy REQUIRED)
  if(GRADUS_BUILD_LAB)
    find_package(nlohmann_json REQUIRED)
    find_package(tomlplusplus REQUIRED)
    find_package(ZLIB REQUIRED)
    find_package(nanopb REQUIRED)
  endif()
endif()
