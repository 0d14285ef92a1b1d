# SPDX-License-Identifier: MIT
# cmake -DNAME=iris -DINPUT=iris.csv -DOUTPUT=iris.cpp -P embed.cmake
# Turns a text file into a C++ source that holds it, in pieces short enough for every compiler's string literals.
file(READ "${INPUT}" text)
string(LENGTH "${text}" length)
set(pieces "")
set(position 0)
while(position LESS length)
  string(SUBSTRING "${text}" ${position} 8000 piece)
  string(APPEND pieces "    R\"gradus(${piece})gradus\",\n")
  math(EXPR position "${position} + 8000")
endwhile()
file(WRITE "${OUTPUT}" "// Written by cmake/embed.cmake from a file in data/; edit that file.
#include \"src/lab/data/embedded.hpp\"

namespace gradus::embedded {

static constexpr std::string_view pieces[] = {
${pieces}};

std::string ${NAME}() {
  std::string text;
  for (const std::string_view piece : pieces) text += piece;
  return text;
}

}  // namespace gradus::embedded
")
