# SPDX-License-Identifier: MIT
# add_gradus_library(NAME EXPORTED SOURCE...)
# Two libraries of what is compiled once: NAME, static, and NAME_shared, where the platform has such. Both install as
# gradus::EXPORTED, each in an export set of its own, from which the installed package chooses (gradus-config.cmake.in).
#   link_gradus_library(NAME PUBLIC|PRIVATE LIBRARY...)      what all of them link
get_property(gradus_has_shared GLOBAL PROPERTY TARGET_SUPPORTS_SHARED_LIBS)

function(add_gradus_library name exported)
  add_library(${name}_objects OBJECT ${ARGN})
  # A shared library takes them in, be it ours or the Python module.
  set_target_properties(${name}_objects PROPERTIES POSITION_INDEPENDENT_CODE ON)
  target_link_libraries(${name}_objects PRIVATE gradus_warnings)
  add_library(${name} STATIC $<TARGET_OBJECTS:${name}_objects>)
  set(libraries ${name})
  if(gradus_has_shared)
    add_library(${name}_shared SHARED $<TARGET_OBJECTS:${name}_objects>)
    # Before 1.0 a minor version may break what stood before. Installed, the laboratory finds the library beside itself.
    set_target_properties(
      ${name}_shared PROPERTIES OUTPUT_NAME ${name} VERSION ${PROJECT_VERSION} INSTALL_RPATH "$ORIGIN"
                                SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})
    list(APPEND libraries ${name}_shared)
  endif()
  foreach(library IN LISTS libraries)
    set_target_properties(${library} PROPERTIES EXPORT_NAME ${exported} LINKER_LANGUAGE CXX)
  endforeach()
  foreach(library ${name}_objects ${libraries})
    target_compile_features(${library} PUBLIC cxx_std_20)
    target_include_directories(${library} PUBLIC $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
                                                 $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  endforeach()
  # A project that takes this one in as a folder chooses as it does for its own.
  if(BUILD_SHARED_LIBS AND gradus_has_shared)
    add_library(gradus::${exported} ALIAS ${name}_shared)
  else()
    add_library(gradus::${exported} ALIAS ${name})
  endif()
endfunction()

function(link_gradus_library name scope)
  foreach(library ${name}_objects ${name} ${name}_shared)
    if(TARGET ${library})
      target_link_libraries(${library} ${scope} ${ARGN})
    endif()
  endforeach()
endfunction()
