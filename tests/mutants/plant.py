# SPDX-License-Identifier: MIT
"""Finds the faults that can be planted in a C++ source, by its syntax tree, and writes sources that hold many at once."""

import dataclasses
import hashlib
import re

import tree_sitter
import tree_sitter_cpp

PARSER = tree_sitter.Parser(tree_sitter.Language(tree_sitter_cpp.language()))

OPERATORS = {
    "<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "==", "&&": "||", "||": "&&",
    "+": "-", "-": "+", "*": "/", "/": "*", "%": "*", "&": "|", "|": "&", "<<": ">>", ">>": "<<",
    "+=": "-=", "-=": "+=", "*=": "/=", "/=": "*=",
}  # fmt: skip
SWAPPED = {"std::min": "std::max", "std::max": "std::min"}
# What the compiler alone computes with, and what people alone read.
SKIPPED = {
    "static_assert_declaration", "template_argument_list", "template_parameter_list", "requires_clause", "enumerator",
    "concept_definition", "attribute_declaration", "alignas_qualifier", "bitfield_clause", "noexcept", "decltype",
    "sizeof_expression", "abstract_array_declarator", "string_literal", "raw_string_literal", "concatenated_string",
    "ERROR", "comment",
}  # fmt: skip
CONDITIONS = {"call_expression", "identifier", "field_expression", "subscript_expression", "pointer_expression"}


@dataclasses.dataclass
class Mutant:
    """A fault: where it lies, the text before and after for people, and the pieces of which both are written."""

    path: str
    line: int
    before: str
    after: str
    start: int
    end: int
    form: tuple  # texts and (start, end) of pieces that may hold other faults; {} stands for whether it is planted
    key: str = ""


def _text(node):
    return node.text.decode()


def _one_line(text):
    return re.sub(r"\s+", " ", text).strip()


def _has_words(node):
    return node.type in ("string_literal", "raw_string_literal", "concatenated_string") or any(
        map(_has_words, node.children)
    )


def _operation(node):
    """Another operator between the same two sides."""
    left, operator, right = (node.child_by_field_name(name) for name in ("left", "operator", "right"))
    if operator is None or _text(operator) not in OPERATORS or (_text(operator) == "+" and _has_words(node)):
        return None
    pieces = [(left.start_byte, left.end_byte), (right.start_byte, right.end_byte)]
    new, old = OPERATORS[_text(operator)], _text(operator)
    after = f"{_text(left)} {new} {_text(right)}"
    return after, ("({} ? (", pieces[0], f" {new} ", pieces[1], ") : (", pieces[0], f" {old} ", pieces[1], "))")


def _unary(node):
    operator, argument = node.child_by_field_name("operator"), node.child_by_field_name("argument")
    piece, sign = (argument.start_byte, argument.end_byte), _text(operator)
    if sign == "!":
        return _text(argument), ("({} ? !!(", piece, ") : !(", piece, "))")
    if sign == "-" and argument.type != "number_literal":
        return _text(argument), ("({} ? +(", piece, ") : -(", piece, "))")
    return None


def _negation(node):
    piece = (node.start_byte, node.end_byte)
    return f"!({_text(node)})", ("({} ? !(", piece, ") : !!(", piece, "))")


def _grows(text):
    """Whether 1 more than a number is another, as it is not of a large one of floating point."""
    digits = text.replace("'", "").rstrip("fFuUlL")
    if "." not in digits and not re.search(r"[pP]|^\d+[eE]", digits):
        return True
    value = float.fromhex(digits) if "0x" in digits.lower() else float(digits)
    return value + 1 != value


def _literal(node):
    text = _text(node)
    around = node.parent.text[: node.start_byte - node.parent.start_byte].rstrip()[-1:]
    if around == b"<":  # a template's argument that was taken for a comparison
        return None
    change = f"{text} + 1" if _grows(text) else f"{text} * 2"
    return change, (f"({{}} ? ({change}) : {text})",)


def _call(node):
    function = node.child_by_field_name("function")
    name = _text(function).split("<")[0]
    if name not in SWAPPED:
        return None
    rest = (function.start_byte + len(name), node.end_byte)
    after = SWAPPED[name] + _text(node)[len(name) :]
    return after, (f"({{}} ? {SWAPPED[name]}", rest, f" : {name}", rest, ")")


def _statement(node):
    """The statement left out."""
    whole = (node.start_byte, node.end_byte)
    if node.type != "expression_statement":
        return ";", ("{ if (!{}) ", whole, " }")
    inner = node.named_children[0] if node.named_children else None
    if inner is None or inner.type not in ("call_expression", "assignment_expression"):
        return None
    if inner.type == "assignment_expression" and _text(inner.child_by_field_name("operator")) != "=":
        return None
    return ";", ("({} ? (void)0 : (void)(", (inner.start_byte, inner.end_byte), "));")


def _is_constant(node):
    words = [_text(child) for child in node.children if child.type in ("type_qualifier", "storage_class_specifier")]
    return "constexpr" in words or "consteval" in words or "using" in words


def _is_condition(node):
    return node.parent.type == "condition_clause" and node.parent.child_by_field_name("value") == node


CHANGES = {
    "binary_expression": _operation, "assignment_expression": _operation, "unary_expression": _unary,
    "number_literal": _literal, "call_expression": _call, "expression_statement": _statement,
    "throw_statement": _statement, "break_statement": _statement, "continue_statement": _statement,
    "true": lambda node: ("false", ("({} ? false : true)",)), "false": lambda node: ("true", ("({} ? true : false)",)),
}  # fmt: skip


def _walk(node, found):
    if node.type in SKIPPED or (node.type.startswith("preproc") and node.type not in ("preproc_ifdef", "preproc_if")):
        return
    if node.type in ("declaration", "field_declaration") and _is_constant(node):
        return
    if (change := CHANGES.get(node.type)) and (made := change(node)):
        found.append((node, *made))
    if node.type in CONDITIONS and _is_condition(node):
        found.append((node, *_negation(node)))
    in_parts = node.type == "if_statement" and any(child.type == "constexpr" for child in node.children)
    for child in node.children:
        if in_parts and child.type == "condition_clause":
            continue
        if node.type == "array_declarator" and child == node.child_by_field_name("size"):
            continue
        if node.type == "case_statement" and child == node.child_by_field_name("value"):
            continue
        _walk(child, found)


def mutants_of(path, source):
    """All of a file, each with a key that stays when lines above it change."""
    found, lines, seen = [], source.split("\n"), {}
    _walk(PARSER.parse(source.encode()).root_node, found)
    mutants = []
    for node, after, form in found:
        line = node.start_point[0]
        if "HWY_" in lines[line] or "case" in lines[line].split():
            continue
        before, after = _one_line(_text(node)), _one_line(after)
        words = f"{path}\0{lines[line].strip()}\0{before}\0{after}"
        seen[words] = seen.get(words, 0) + 1
        key = hashlib.sha256(f"{words}\0{seen[words]}".encode()).hexdigest()[:16]
        mutants.append(Mutant(path, line + 1, before, after, node.start_byte, node.end_byte, form, key))
    return mutants


def written(source, numbered):
    """The source with these faults in it, {number: mutant}, each where its number is planted."""
    data = source.encode()
    chosen = sorted(
        numbered.items(), key=lambda item: (item[1].start, -item[1].end, item[1].form[0] != "({} ? (void)0")
    )

    def rendered(start, end, inside):
        out, position = [], start
        for index, (number, mutant) in enumerate(inside):
            if mutant.start < position or mutant.end > end:
                continue
            out.append(data[position : mutant.start].decode())
            rest = inside[index + 1 :]
            for piece in mutant.form:
                if isinstance(piece, str):
                    out.append(piece.replace("{}", f"::gradus_mutants::planted({number})"))
                else:
                    out.append(rendered(*piece, [m for m in rest if piece[0] <= m[1].start and m[1].end <= piece[1]]))
            position = mutant.end
        out.append(data[position:end].decode())
        return "".join(out)

    path = next(iter(numbered.values())).path
    up = "../" * path.count("/")
    return f'#include "{up}tests/mutants/mutant.hpp"\n' + rendered(0, len(data), chosen)
