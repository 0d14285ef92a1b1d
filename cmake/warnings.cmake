# SPDX-License-Identifier: MIT
# For our own files: the arithmetic, and the warnings they are free of.
add_library(gradus_warnings INTERFACE)
target_compile_options(
  gradus_warnings
  INTERFACE $<TARGET_PROPERTY:gradus_arithmetic,INTERFACE_COMPILE_OPTIONS>
            -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wnon-virtual-dtor -Woverloaded-virtual
            # GCC 12 warns wrongly about "literal" + std::string (GCC bug 105651).
            $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>
            $<$<BOOL:${GRADUS_WARNINGS_AS_ERRORS}>:-Werror>)
