// SPDX-License-Identifier: MIT
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace gradus {

/// Why a text is not well-formed XML, or nothing: tags nest and close, attributes are quoted, named once and hold no
/// `<`,
/// `&` opens one of the five entities or a number, one root. Strict, and no more than a test needs.
inline std::string why_not_well_formed(std::string_view text, bool many_roots = false) {
  const auto blank = [](char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; };
  const auto near = [&](std::size_t at) {
    return " near byte " + std::to_string(at) + ": " + std::string(text.substr(at, 60));
  };
  const auto bad_entity = [&](std::string_view part) {
    for (std::size_t at = 0; (at = part.find('&', at)) != std::string_view::npos; ++at) {
      const std::string_view name = part.substr(at + 1, part.find(';', at) - at - 1);
      if (part.find(';', at) == std::string_view::npos) return true;
      if (name != "amp" && name != "lt" && name != "gt" && name != "quot" && name != "apos" && !name.starts_with('#'))
        return true;
    }
    return false;
  };
  std::vector<std::string> open;
  std::size_t roots = 0;
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] != '<') {
      const std::size_t end = std::min(text.find('<', at), text.size());
      const std::string_view words = text.substr(at, end - at);
      if (bad_entity(words)) return "bad entity" + near(at);
      if (open.empty() && words.find_first_not_of(" \n\t\r") != std::string_view::npos)
        return "text outside" + near(at);
      at = end;
      continue;
    }
    if (text.substr(at).starts_with("<?") || text.substr(at).starts_with("<!")) {
      at = text.find('>', at);
      if (at == std::string_view::npos) return "prologue without end";
      ++at;
      continue;
    }
    const bool closing = text.substr(at + 1).starts_with('/');
    std::size_t here = at + (closing ? 2 : 1);
    std::string name;
    while (here < text.size() && !blank(text[here]) && text[here] != '>' && text[here] != '/') name += text[here++];
    if (name.empty()) return "tag without name" + near(at);
    std::set<std::string> attributes;
    while (true) {
      while (here < text.size() && blank(text[here])) ++here;
      if (here >= text.size()) return "tag without end" + near(at);
      if (text[here] == '>' || text[here] == '/') break;
      std::string attribute;
      while (here < text.size() && !blank(text[here]) && text[here] != '=' && text[here] != '>')
        attribute += text[here++];
      const auto skip = [&] {
        while (here < text.size() && blank(text[here])) ++here;
      };
      skip();
      if (here >= text.size() || text[here] != '=') return "attribute without value" + near(at);
      ++here;
      skip();
      if (here >= text.size() || (text[here] != '"' && text[here] != '\'')) return "value without quotes" + near(at);
      const std::size_t end = text.find(text[here], here + 1);
      if (end == std::string_view::npos) return "value without end" + near(at);
      const std::string_view value = text.substr(here + 1, end - here - 1);
      if (value.find('<') != std::string_view::npos || bad_entity(value)) return "bad value" + near(here);
      if (!attributes.insert(attribute).second) return "attribute " + attribute + " twice" + near(at);
      here = end + 1;
    }
    if (closing) {
      if (open.empty() || open.back() != name) return "</" + name + "> closes nothing" + near(at);
      open.pop_back();
    } else {
      if (open.empty() && ++roots > 1 && !many_roots) return "second root" + near(at);
      if (text[here] == '/')
        ++here;
      else
        open.push_back(name);
    }
    if (here >= text.size() || text[here] != '>') return "tag without >" + near(at);
    at = here + 1;
  }
  if (!open.empty()) return "<" + open.back() + "> never closed";
  return roots == 0 ? "no root" : "";
}

inline bool is_well_formed(std::string_view text) { return why_not_well_formed(text).empty(); }

}  // namespace gradus
