"""Pytrees: how arguments and results are taken apart into arrays and put together again.

Containers are dict, list, tuple, named tuple, OrderedDict, defaultdict, deque, dataclass instances
(without registration) and the classes given to `xform.tree.register`. None is an empty container.
"""

from __future__ import annotations

import dataclasses
import inspect
import marshal
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import Any, TypeAlias, cast

import optree
from xform_runtime.errors import XformTypeError, XformValueError

from .identity import exact

NAMESPACE = "xform"

TreeSpec: TypeAlias = optree.PyTreeSpec

_registered: set[type[Any]] = set()
# Those that became containers by themselves.
_dataclasses: set[type[Any]] = set()


def flatten(tree: Any) -> tuple[list[Any], TreeSpec]:
    """The leaves of a pytree in order, and its structure.

    >>> flatten({"b": 1, "a": (2, None)})[0]
    [2, 1]
    """
    while True:
        leaves, spec = optree.tree_flatten(tree, namespace=NAMESPACE)
        if not _register_dataclasses(leaves):
            return leaves, spec


def leaves(tree: Any) -> list[Any]:
    """The leaves of a pytree, in order."""
    return flatten(tree)[0]


def structure(tree: Any) -> TreeSpec:
    """The structure of a pytree."""
    return flatten(tree)[1]


def unflatten(spec: TreeSpec, leaves: Iterable[Any]) -> Any:
    """The pytree of a structure with these leaves."""
    return optree.tree_unflatten(spec, leaves)


def map_leaves(function: Callable[[Any], Any], tree: Any) -> Any:
    """The pytree with `function` applied to each leaf."""
    found, spec = flatten(tree)
    return unflatten(spec, [function(leaf) for leaf in found])


def paths(spec: TreeSpec, root: str) -> list[str]:
    """How an expression would reach each leaf from `root`.

    >>> paths(structure({"w": [1.0]}), "params")
    ["params['w'][0]"]
    """
    return [str(accessor.codify(root)) for accessor in spec.accessors()]


def exact_structure(spec: TreeSpec, *, order: bool = True) -> Hashable:
    """A key of a structure, equal only where no function can tell the structures apart.

    Equal structures may differ in the order of dicts, and in the type and identity of keys and of
    what static fields hold.

    Args:
        spec: the structure.
        order: whether dicts in another order are told apart.

    >>> exact_structure(structure({"b": 1, "a": 2})) == exact_structure(structure({"a": 1, "b": 2}))
    False
    """
    # What optree pickles has the keys of a dict in its own order.
    state = cast(Any, spec).__getstate__()
    if order:
        try:
            # Much faster than `exact`, but for builtin types only. Version 0 tells no interned
            # strings from others.
            return marshal.dumps(state, 0)
        except ValueError:
            pass
    return tuple([node if node == _LEAF else _exact_node(node, order) for node in state[0]])


def _exact_node(node: tuple[Any, ...], order: bool) -> Hashable:
    return tuple(
        [
            part
            if part is None or type(part) is int
            else (exact(part) if order or type(part) is not dict else frozenset(map(exact, part)))
            for part in node
        ]
    )


_LEAF = cast(Any, optree.tree_structure(cast(Any, 0))).__getstate__()[0][0]


def show(spec: TreeSpec) -> str:
    """The structure as short text, each leaf as `*`."""
    text = str(spec)
    return text.removeprefix("PyTreeSpec(").removesuffix(")").split(f", namespace={NAMESPACE!r}")[0]


def is_leaf(tree: Any) -> bool:
    """Whether `tree` itself is a leaf; None is not."""
    return flatten(tree)[1].is_leaf()


def register(
    cls: type[Any],
    flatten: Callable[[Any], tuple[Iterable[Any], Any]],
    unflatten: Callable[[Any, Sequence[Any]], Any],
) -> None:
    """Makes a class a container.

    Args:
        cls: the class.
        flatten: takes an instance, returns its children and whatever else is needed to rebuild
            it; the latter is compared with `==`, and by jit as `identity.exact` does.
        unflatten: takes what `flatten` kept and the new children, returns an instance.

    Raises:
        XformTypeError: `cls` is not a class.
        XformValueError: it is a container already.
    """
    if not isinstance(cls, type):
        raise XformTypeError(f"tree.register: expected a class, got {cls!r}")
    try:
        optree.register_pytree_node(
            cls,
            lambda node: _two(cls, flatten(node)),
            lambda kept, children: unflatten(kept, tuple(children)),
            namespace=NAMESPACE,
        )
    except ValueError:
        raise XformValueError(f"tree.register: {cls.__qualname__} is a container already") from None
    _registered.add(cls)


def is_dataclass(cls: type[Any]) -> bool:
    """Whether a container is a dataclass whose children are its fields, by their names."""
    return cls in _dataclasses


def static_fields(cls: type[Any]) -> tuple[str, ...]:
    """The fields of a dataclass that are structure, by their names."""
    return tuple(f.name for f in dataclasses.fields(cls) if f.metadata.get("static", False))


class Containers:
    """Dataclasses that are containers from now on; so they are where a pickle of it is loaded."""

    def __init__(self, *classes: type[Any]) -> None:
        self._classes = classes
        for cls in classes:
            if cls not in _registered:
                _register_dataclass(cls)

    def __reduce__(self) -> tuple[Any, tuple[type[Any], ...]]:
        return Containers, self._classes


def containers(*specs: TreeSpec) -> Containers:
    """The dataclasses in some structures, which a pickle of these must be loaded behind."""
    nodes = [node for spec in specs for node in cast(Any, spec).__getstate__()[0]]
    kinds = {part for node in nodes for part in node if isinstance(part, type)}
    return Containers(*sorted(kinds & _dataclasses, key=lambda cls: cls.__qualname__))


def _two(cls: type[Any], result: Any) -> tuple[tuple[Any, ...], Any]:
    if not isinstance(result, tuple) or len(result) != 2:
        raise XformTypeError(
            f"the flatten function of {cls.__qualname__} must return (children, kept), "
            f"got {type(result).__name__}"
        )
    return tuple(result[0]), result[1]


def _register_dataclasses(found: Iterable[Any]) -> bool:
    """Registers the dataclasses among some leaves; says whether there was a new one."""
    new = False
    for leaf in found:
        cls = type(leaf)
        if hasattr(cls, "__dataclass_fields__") and cls not in _registered:
            _register_dataclass(cls)
            new = True
    return new


def _register_dataclass(cls: type[Any]) -> None:
    """Fields are children, except those whose metadata says `static`, which are structure."""
    static = static_fields(cls)
    children = tuple(f.name for f in dataclasses.fields(cls) if f.name not in static)

    def split(node: Any) -> tuple[tuple[Any, ...], Any, tuple[str, ...]]:
        kept = tuple(getattr(node, name) for name in static)
        return tuple(getattr(node, name) for name in children), kept, children

    def join(kept: Any, values: Iterable[Any]) -> Any:
        # Without __init__, which may check or convert what is now a traced array.
        node = object.__new__(cls)
        for name, value in [*zip(children, values, strict=True), *zip(static, kept, strict=True)]:
            object.__setattr__(node, name, value)
        return node

    optree.register_pytree_node(
        cls, split, join, path_entry_type=optree.DataclassEntry, namespace=NAMESPACE
    )
    _registered.add(cls)
    _dataclasses.add(cls)


def argument_paths(
    function: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]
) -> list[str]:
    """A name for each positional argument, then each keyword argument, as messages give it.

    >>> argument_paths(lambda x, *rest: x, [1, 2], {})
    ["argument 0 ('x')", "argument 1 ('rest[0]')"]
    """
    names = parameter_names(function, len(args))
    positional = [
        f"argument {i} ({name!r})" if name else f"argument {i}" for i, name in enumerate(names)
    ]
    return positional + [f"keyword argument {key!r}" for key in kwargs]


def parameter_names(function: Callable[..., Any], count: int) -> list[str]:
    """The names of the first `count` positional parameters; "" where they are not known."""
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        return [""] * count
    names: list[str] = []
    for parameter in parameters:
        if parameter.kind is parameter.VAR_POSITIONAL:
            names += [f"{parameter.name}[{i}]" for i in range(count - len(names))]
        elif parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD):
            names.append(parameter.name)
    return (names + [""] * count)[:count]


def one_level(tree: Any) -> tuple[list[Any], Any, list[str]] | None:
    """Children, kind and path suffixes of a container; None for a leaf."""
    _, spec = flatten(tree)
    if spec.is_leaf():
        return None
    children, kept, _, _ = optree.tree_flatten_one_level(tree, namespace=NAMESPACE)
    kind = (type(tree), kept)
    level = optree.tree_structure(
        tree, is_leaf=lambda node: node is not tree, namespace=NAMESPACE, none_is_leaf=True
    )
    suffixes = [str(accessor.codify("")) for accessor in level.accessors()]
    return list(children), kind, suffixes


def prefix_leaves(
    prefix: Any,
    tree: Any,
    path: str,
    accepts: Callable[[Any], bool],
    expected: str,
) -> list[Any]:
    """A value of `prefix` for each leaf of `tree`, whose structure begins with the prefix's.

    Args:
        prefix: values that `accepts` accepts (None among them), in containers like `tree`'s.
        tree: the full structure.
        path: how a message names `prefix`.
        accepts: whether a part of the prefix is a value.
        expected: what such a value is, for the message.

    Raises:
        XformValueError: the structures differ; the message has the path to the difference.
    """
    if accepts(prefix):
        return [prefix] * len(leaves(tree))
    ours = one_level(prefix)
    if ours is None:
        raise XformValueError(
            f"{path}: expected {expected}, got {prefix!r} of type {type(prefix).__name__}"
        )
    theirs = one_level(tree)
    if theirs is None:
        raise XformValueError(
            f"{path}: got {_kind_text(prefix, ours[0])} where there is a single array; "
            f"expected {expected}"
        )
    (parts, kind, suffixes), (children, other, _) = ours, theirs
    if kind != other or len(parts) != len(children):
        raise XformValueError(
            f"{path}: the structures differ: got {_kind_text(prefix, parts)}, "
            f"expected {_kind_text(tree, children)} or {expected} for all of it"
        )
    found: list[Any] = []
    for part, child, suffix in zip(parts, children, suffixes, strict=True):
        found += prefix_leaves(part, child, path + suffix, accepts, expected)
    return found


def _kind_text(tree: Any, children: Sequence[Any]) -> str:
    if isinstance(tree, Mapping):
        return f"a {type(tree).__name__} with keys {list(tree)}"
    return f"a {type(tree).__name__} of {len(children)}"
