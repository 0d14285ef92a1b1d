# SPDX-License-Identifier: MIT
# A German locale (decimal comma) of our own, in the build folder: tests show that it changes nothing, and the machine
# need not be changed for them. Sets `german_locale` to the environment entry that makes glibc look there first.
set(german_locale "")
set(locales ${PROJECT_BINARY_DIR}/locales)
find_program(LOCALEDEF localedef)
if(LOCALEDEF AND NOT EXISTS ${locales}/de_DE.UTF-8/LC_NUMERIC)
  file(MAKE_DIRECTORY ${locales})
  execute_process(COMMAND ${LOCALEDEF} --no-archive -i de_DE -f UTF-8 ${locales}/de_DE.UTF-8 OUTPUT_QUIET ERROR_QUIET)
endif()
if(EXISTS ${locales}/de_DE.UTF-8/LC_NUMERIC)
  set(german_locale LOCPATH=${locales})
else()
  message(STATUS "No German locale (Debian: locales): its tests will be skipped")
endif()
