"""Every name and parameter of torch.func and of torch.autograd.Function, and what has no place."""

from __future__ import annotations

import inspect

import pytest
import torch.autograd.function
import torch.func
from xform import frontend
from xform.transforms.vjp import Pullback

# Names of torch.func, and why there is nothing of the kind here.
NO_PLACE = {
    "functional_call": "parameters of modules are arguments already, as there are no modules",
    "stack_module_state": "there are no modules; np.stack on a pytree's leaves does it",
    "replace_all_batch_norm_modules_": "there are no modules",
    "rearrange": "einops, not a transform; reshape and transpose",
    "debug_unwrap": "a traced array wraps no values",
}

# Private parameters.
NO_PLACE_FOR_PARAMETERS = {"jacrev": {"_preallocate_and_copy"}}


@pytest.mark.parametrize("name", torch.func.__all__)
def test_every_function_has_torchs_parameters(name: str) -> None:
    if name in NO_PLACE:
        assert not hasattr(frontend, name)
        return
    theirs = inspect.signature(getattr(torch.func, name)).parameters
    ours = inspect.signature(getattr(frontend, name)).parameters
    for parameter in theirs.values():
        if parameter.name in NO_PLACE_FOR_PARAMETERS.get(name, ()):
            continue
        mine = ours[parameter.name]
        assert (mine.kind, mine.default) == (parameter.kind, parameter.default), parameter.name
    by_position = [p.name for p in theirs.values() if p.kind is p.POSITIONAL_OR_KEYWORD]
    assert list(ours)[: len(by_position)] == by_position


def test_the_pullback_has_torchs_parameters() -> None:
    _, pullback = torch.func.vjp(lambda x: x, torch.ones(3))
    theirs = list(inspect.signature(pullback).parameters.values())
    ours = list(inspect.signature(Pullback.__call__).parameters.values())[1:]
    assert [(p.name, p.default) for p in ours] == [(p.name, p.default) for p in theirs]


# Attributes of torch's Function and ctx that have no place here.
NO_PLACE_IN_FUNCTION = {
    # Of the graph of autograd, which there is none of.
    *("metadata", "next_functions", "register_hook", "register_prehook", "requires_grad"),
    *("maybe_clear_saved_tensors", "name"),
    # Deprecated.
    *("mark_shared_storage", "saved_variables"),
    # Where ctx's methods put what they are given.
    *("dirty_tensors", "materialize_grads", "non_differentiable", "saved_for_forward", "to_save"),
}


def test_function_has_torchs_methods() -> None:
    known = {*dir(frontend.Function), *dir(frontend.FunctionContext), "needs_input_grad"}
    public = {n for n in dir(torch.autograd.Function) if not n.startswith("_")}
    assert public - known == NO_PLACE_IN_FUNCTION
    assert set(vars(torch.autograd.function.FunctionCtx)) & NO_PLACE_IN_FUNCTION == {
        "mark_shared_storage"
    }


def test_the_options_of_torch_are_accepted() -> None:
    x = 3.0
    output, pullback = frontend.vjp(lambda x: x * x, x)
    assert output.item() == 9.0
    assert pullback(1.0, retain_graph=False, create_graph=True)[0].item() == 6.0
    assert pullback(1.0, True, None)[0].item() == 6.0
