# SPDX-License-Identifier: MIT
# `cmake --install` gives a package: find_package(gradus), then link gradus::gradus; find_package(gradus COMPONENTS lab) for
# gradus::lab too; and gradus.pc and gradus-lab.pc for pkg-config.
include(CMakePackageConfigHelpers)
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/gradus)
file(RELATIVE_PATH up /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)  # from the .pc files to the prefix, wherever that is moved
string(REGEX REPLACE "/$" "" GRADUS_PREFIX "\${pcfiledir}/${up}")

# A library in its two kinds, each in an export set of its own, and its file for pkg-config.
function(install_gradus_library name exported)
  install(TARGETS ${name} EXPORT ${name}_static)
  install(EXPORT ${name}_static NAMESPACE gradus:: DESTINATION ${package_dir} FILE ${exported}-static.cmake)
  if(TARGET ${name}_shared)
    install(TARGETS ${name}_shared EXPORT ${name}_shared)
    install(EXPORT ${name}_shared NAMESPACE gradus:: DESTINATION ${package_dir} FILE ${exported}-shared.cmake)
  endif()
  string(REPLACE _ - pc ${name})
  configure_file(${PROJECT_SOURCE_DIR}/cmake/${pc}.pc.in ${PROJECT_BINARY_DIR}/${pc}.pc @ONLY)
  install(FILES ${PROJECT_BINARY_DIR}/${pc}.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
endfunction()

set(headers FILES_MATCHING PATTERN *.hpp)
install_gradus_library(gradus gradus)
if(TARGET gradus_lab)
  install_gradus_library(gradus_lab lab)
else()
  list(APPEND headers PATTERN lab EXCLUDE PATTERN lab.hpp EXCLUDE)
endif()
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/gradus DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} ${headers})
configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/gradus-config.cmake.in ${PROJECT_BINARY_DIR}/gradus-config.cmake
                              INSTALL_DESTINATION ${package_dir})
# Before 1.0 any minor version may break what stood before.
write_basic_package_version_file(${PROJECT_BINARY_DIR}/gradus-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/gradus-config.cmake ${PROJECT_BINARY_DIR}/gradus-config-version.cmake
        DESTINATION ${package_dir})
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
if(TARGET gradus_cli)
  install(TARGETS gradus_cli)
  # The page, once `make page` has built it: `gradus page` writes this copy.
  install(FILES ${PROJECT_SOURCE_DIR}/build/page/gradus.html DESTINATION ${CMAKE_INSTALL_DATADIR}/gradus OPTIONAL)
endif()
