"""Templates from Python source: what is raised and what is logged."""

import ast
import random
import re
import warnings
from collections.abc import Iterator

from benchmarks.grouping.corpora import Template
from benchmarks.grouping.values import ERRORS, Draw, by_name, decimal, hexadecimal, number, quoted

_LOGGED = frozenset("debug info warning warn error critical exception".split())
_PERCENT = re.compile(r"%(?:\((?P<name>\w+)\))?[-+ #0]*(?:\d+|\*)?(?:\.(?:\d+|\*))?(?P<kind>[diouxXeEfFgGcrsa%])")
_BRACES = re.compile(r"\{\{|\}\}|\{(?P<name>[^{}:!]*)(?P<repr>![rsa])?(?::(?P<spec>[^{}]*))?\}")
_Part = str | tuple[str, str]  # text, or an expression with how it is shown


def templates(source: bytes) -> Iterator[Template]:
    """Yield a template for each call site that can be parsed."""
    try:
        with warnings.catch_warnings(action="ignore"):
            tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return
    for node in ast.walk(tree):
        prefix = ""
        call = node.exc if isinstance(node, ast.Raise) else node
        if not isinstance(call, ast.Call) or not call.args:
            continue
        called = ast.unparse(call.func).rpartition(".")
        if isinstance(node, ast.Raise):
            prefix = f"{called[2]}: " if len(called[2]) % 2 else ""
        elif called[2] not in _LOGGED or "log" not in called[0].lower():
            continue
        parts = _parts(call.args[0], call.args[1:])
        if parts is not None:
            yield _template([prefix, *parts])


def _parts(node: ast.expr, arguments: list[ast.expr]) -> list[_Part] | None:  # noqa: PLR0911 - one for each way to write it
    match node:
        case ast.Constant(value=str(text)):
            return _percent(text, [ast.unparse(a) for a in arguments], {}) if arguments else [text]
        case ast.JoinedStr(values=values):
            return [
                value.value
                if isinstance(value, ast.Constant)
                else (ast.unparse(value.value), "r" if value.conversion == ord("r") else "")  # type: ignore[attr-defined]
                for value in values
            ]
        case ast.BinOp(left=ast.Constant(value=str(text)), op=ast.Mod(), right=right):
            if isinstance(right, ast.Dict):
                named = {
                    k.value: ast.unparse(v)
                    for k, v in zip(right.keys, right.values, strict=True)
                    if isinstance(k, ast.Constant)
                }
                return _percent(text, [], named)
            return _percent(
                text, [ast.unparse(e) for e in (right.elts if isinstance(right, ast.Tuple) else [right])], {}
            )
        case ast.Call(
            func=ast.Attribute(value=ast.Constant(value=str(text)), attr="format"), args=args, keywords=keywords
        ):
            return _braces(
                text, [ast.unparse(a) for a in args], {k.arg: ast.unparse(k.value) for k in keywords if k.arg}
            )
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            one, other = _parts(left, []), _parts(right, [])
            return [*(one or [(ast.unparse(left), "")]), *(other or [(ast.unparse(right), "")])]
        case ast.Call(func=ast.Name(id="_" | "gettext" | "ugettext"), args=[inner]):
            return _parts(inner, arguments)
    return None


def _percent(text: str, positional: list[str], named: dict[object, str]) -> list[_Part] | None:
    out: list[_Part] = []
    end, given = 0, iter(positional)
    for found in _PERCENT.finditer(text):
        out.append(text[end : found.start()])
        end = found.end()
        if found["kind"] == "%":
            out.append("%")
        else:
            out.append((named.get(found["name"], found["name"]) if found["name"] else next(given, ""), found["kind"]))
    return [*out, text[end:]]


def _braces(text: str, positional: list[str], named: dict[str, str]) -> list[_Part]:
    out: list[_Part] = []
    end, given = 0, iter(positional)
    for found in _BRACES.finditer(text):
        out.append(text[end : found.start()])
        end = found.end()
        if found[0] in ("{{", "}}"):
            out.append(found[0][0])
            continue
        key = re.split(r"[.\[]", found["name"])[0]
        if not key:
            expression = next(given, "")
        elif key.isdigit():
            expression = positional[int(key)] if int(key) < len(positional) else key
        else:
            expression = named.get(key, key)
        out.append((expression, "r" if found["repr"] == "!r" else ""))
    return [*out, text[end:]]


def _template(parts: list[_Part]) -> Template:
    """Return a template; a call site that prints an exception always gets the same one."""
    r = random.Random(str(parts))  # noqa: S311 - it must be the same each time
    texts, holes = [""], list[Draw]()
    for part in parts:
        if isinstance(part, str):
            texts[-1] += part
        elif _is_error(part[0]):
            texts[-1] += r.choice(ERRORS)
        else:
            holes.append(_draw(*part, r))
            texts.append("")
    return Template(tuple(texts), tuple(holes))


def _is_error(expression: str) -> bool:
    return bool(
        re.search(
            r"(?:^|\b|_)(?:e|ex|exc|err|error|exception|reason|message|msg|strerror|traceback|stderr|output)s?(?:\b|$)",
            expression,
            re.IGNORECASE,
        )
    )


def _draw(expression: str, kind: str, r: random.Random) -> Draw:
    if kind and kind in "diou":
        return number
    if kind and kind in "xX":
        return hexadecimal
    if kind and kind in "eEfFgG":
        return decimal
    known = by_name(expression, r)
    return quoted(known) if kind == "r" and known is not number else known
