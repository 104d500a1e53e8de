"""YAML as operators write it: `no` is a country and not a falsehood, and what stands twice is said."""

from collections.abc import Iterator
from typing import Any

import yaml

_BOOL = "tag:yaml.org,2002:bool"


class _Loader(yaml.CSafeLoader):
    """Only `true` and `false` are truth values: `no`, `on` and `y` stay words."""

    yaml_implicit_resolvers = {  # noqa: RUF012  # PyYAML's own way
        letter: [(tag, pattern) for tag, pattern in found if tag != _BOOL or letter in "tTfF"]
        for letter, found in yaml.CSafeLoader.yaml_implicit_resolvers.items()
    }


def read(text: bytes) -> tuple[Any, list[tuple[str, str]]]:
    """What the file holds, and (place, word) of what stands in it twice. Raises yaml.YAMLError, ValueError."""
    loader = _Loader(text)
    try:
        root = loader.get_single_node()
        if root is None:
            return None, []
        twice = list(_walk(root, "", set()))
        return loader.construct_document(root), twice
    finally:
        loader.dispose()


def _walk(node: yaml.Node, place: str, seen: set[int]) -> Iterator[tuple[str, str]]:
    if id(node) in seen:  # an alias
        return
    seen.add(id(node))
    if isinstance(node, yaml.SequenceNode):
        for child in node.value:
            yield from _walk(child, place, seen)
    elif isinstance(node, yaml.MappingNode):
        here: set[str] = set()
        for key, child in node.value:
            word = str(key.value)
            if word in here:
                yield place or "the file", word
            here.add(word)
            yield from _walk(child, f"{place}.{word}".lstrip("."), seen)


def place_of(error: Exception) -> str:
    """`line 3` of what could not be read, as far as it is known."""
    mark = getattr(error, "problem_mark", None)
    return f"line {mark.line + 1}" if mark is not None else "the file"
