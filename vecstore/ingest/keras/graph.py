"""Which lookups give the ids of which layers, by the configuration of a model."""

from collections.abc import Iterator
from typing import Any

from vecstore.ingest.keras.choice import EMBEDDINGS

__all__ = ["LOOKUPS", "Flow", "class_of", "feeds", "nodes"]

#: Layers that turn words or numbers into ids.
LOOKUPS = ("StringLookup", "IntegerLookup", "TextVectorization")

#: The lookups that ids come from; False if a layer in between may have changed them.
Flow = frozenset[tuple[str, bool]]

_NOTHING: Flow = frozenset()
# Layers that pass ids on unchanged, perhaps in another shape or order.
_TRANSPARENT = {
    *("Concatenate", "Cropping1D", "ExpandDims", "Flatten", "GetItem", "Identity", "Masking"),
    *("Permute", "RepeatVector", "Reshape", "Squeeze", "Stack", "Transpose"),
}
# One pass is enough for the order in which Keras writes layers. A file may have another.
_PASSES = 20


def nodes(config: Any) -> Iterator[dict[str, Any]]:
    """Yield every layer of a configuration, at any depth."""
    waiting = [config]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            if isinstance(node.get("class_name"), str) and isinstance(node.get("config"), dict):
                yield node
            waiting.extend(reversed(node.values()))
        elif isinstance(node, list):
            waiting.extend(reversed(node))


def class_of(node: dict[str, Any]) -> str:
    """Return the class of a layer, without the package that registered it."""
    return str(node["class_name"]).rpartition(">")[2]


def feeds(config: Any) -> dict[str, Flow]:
    """Return for every layer of a model where its inputs come from; empty without a graph."""
    found: dict[str, Flow] = {}
    if isinstance(config, dict) and isinstance(config.get("config"), dict):
        _model(config, [], found)
    return found


def _model(node: dict[str, Any], inputs: list[Flow], found: dict[str, Flow]) -> Flow:
    config = node["config"]
    layers = [one for one in config.get("layers", []) if _is_layer(one)]
    if "input_layers" not in config:  # a Sequential
        flow = _union(inputs)
        for layer in layers:
            flow = _layer(layer, [flow], found)
        return flow
    entries = _names(config["input_layers"])
    whole = _union(inputs)
    given = dict(zip(entries, inputs, strict=True)) if len(entries) == len(inputs) else {}
    out = {name: given.get(name, whole) for name in entries}
    for _ in range(_PASSES):
        before = dict(out)
        for layer in layers:
            name = str(layer.get("name", layer["config"].get("name", "")))
            if name not in entries:
                sources = _names(layer.get("inbound_nodes"))
                flow = _layer(layer, [out.get(one, _NOTHING) for one in sources], found)
                out[name] = out.get(name, _NOTHING) | flow
        if out == before:
            break
    return _union([out.get(name, _NOTHING) for name in _names(config.get("output_layers"))])


def _layer(node: dict[str, Any], inputs: list[Flow], found: dict[str, Flow]) -> Flow:
    """Note the inputs of a layer, and return its output."""
    kind, config, flow = class_of(node), node["config"], _union(inputs)
    name = str(config.get("name", node.get("name", "")))
    found[name] = found.get(name, _NOTHING) | flow
    if kind in LOOKUPS:
        return _NOTHING if config.get("invert") else frozenset({(name, True)})
    if isinstance(config.get("layers"), list):
        return _model(node, inputs, found)
    if isinstance(inner := config.get("layer"), dict) and _is_layer(inner):  # a wrapper
        return _layer(inner, inputs, found)
    if kind in EMBEDDINGS:
        return _NOTHING
    if kind in _TRANSPARENT or kind == "InputLayer":
        return flow
    return frozenset((source, False) for source, _ in flow)


def _is_layer(node: object) -> bool:
    return (
        isinstance(node, dict)
        and isinstance(node.get("class_name"), str)
        and isinstance(node.get("config"), dict)
    )


def _names(node: Any) -> list[str]:
    """Return the layers that a part of a graph points to, in order."""
    # A pointer is [name, node, tensor], alone or as the "keras_history" of a tensor; older versions
    # have a fourth value.
    found: dict[str, None] = {}
    waiting = [node]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            waiting.extend(reversed(one.values()))
        elif isinstance(one, list):
            if len(one) in (3, 4) and isinstance(one[0], str) and type(one[1]) is int:
                found[one[0]] = None
            else:
                waiting.extend(reversed(one))
    return list(found)


def _union(flows: list[Flow]) -> Flow:
    return _NOTHING.union(*flows)
