from __future__ import annotations

import json
from pathlib import Path

import pytest

from conftest import RunTool
from quantised_model import A16W8, ISLANDS, WHOLE, WITH_FLOATS
from rwkv.decode_graph import build_from_token
from rwkv.float_islands import GROUPS, node_groups
from rwkv.quantisation_plan import plan_parts
from rwkv.recipe_rules import Form, Recipe, matches
from rwkv.tool_failure import InputError
from rwkv.weight_folder import WeightFolder
from rwkv.weight_plan import Plan


def plan(weights: WeightFolder, rules: dict[str, Form], floats: list[str] = ISLANDS) -> Plan:
    parts = plan_parts(weights, Recipe("mine", rules, floats, {"w4": "mse"}, 1.0))
    return {name: planned for part in parts.values() for name, planned in part.items()}


@pytest.mark.parametrize(
    ("pattern", "name"),
    [
        ("ffn", "blocks.3.ffn.value.weight"),
        ("ffn.value", "blocks.3.ffn.value.weight"),
        ("blocks.3", "blocks.3.ffn.value.weight"),
        ("blocks.[0-4].att.*", "blocks.3.att.w1"),
        ("*", "head.weight"),
        ("head", "head.weight"),
    ],
)
def test_a_pattern_matches_parts_of_a_name_that_stand_together(pattern: str, name: str) -> None:
    assert matches(pattern, name)


@pytest.mark.parametrize(
    ("pattern", "name"),
    [("ff", "blocks.3.ffn.value.weight"), ("blocks.value", "blocks.3.ffn.value.weight"), ("3.head", "head")],
)
def test_a_pattern_does_not_match_less_or_other_parts(pattern: str, name: str) -> None:
    assert not matches(pattern, name)


def test_the_last_rule_that_matches_counts(weights: WeightFolder) -> None:
    forms = plan(weights, {"*": "w8", "ffn": "w4", "blocks.1.ffn.value": "w8", "blocks.2": "fp16"})
    assert forms["blocks.0.att.key.weight"].form == "w8"
    assert forms["blocks.0.ffn.value.weight"].form == "w4"
    assert forms["blocks.0.ffn.value.weight"].method == "mse"
    assert forms["blocks.0.ffn.value.weight"].input == "blocks.0.ffn.k.squared"
    assert forms["blocks.1.ffn.value.weight"].form == "w8"
    assert forms["head.weight"].form == "w8"
    assert not [name for name in forms if name.startswith("blocks.2.")]


def test_low_rank_weights_are_those_narrower_than_the_model(weights: WeightFolder) -> None:
    forms = plan(weights, {"*": "w4", "low-rank": "w8"})
    eight = {name for name, planned in forms.items() if planned.form == "w8"}
    assert eight == {name for name in forms if name[-2:] in {f"{a}{n}" for a in "wavg" for n in "12"}}


def test_a_rule_that_matches_nothing_is_named_with_the_nearest_names(weights: WeightFolder) -> None:
    with pytest.raises(InputError) as caught:
        plan(weights, {"*": "w8", "fnn.value": "w4"})
    assert str(caught.value) == (
        "precisions/mine/weights/fnn.value: the pattern 'fnn.value' matches no weight of a linear"
    )
    assert "ffn.value" in caught.value.hint


def test_an_island_that_is_none_is_named_with_the_nearest_names(weights: WeightFolder) -> None:
    with pytest.raises(InputError) as caught:
        plan(weights, {"*": "w8"}, ["norms"])
    assert str(caught.value).startswith("precisions/mine/float: the pattern 'norms' matches no group")
    assert "norm" in caught.value.hint


def test_a_rule_for_one_layer_changes_the_plan_of_that_layer_only(weights: WeightFolder) -> None:
    before = plan_parts(weights, WITH_FLOATS)
    rules: dict[str, Form] = {"*": "w8", "blocks.1.ffn": "w4"}
    after = plan_parts(weights, Recipe("a16w8", rules, ISLANDS, {}, 1.0))
    assert [part for part in before if before[part] != after[part]] == ["block-01"]


def test_a_table_is_halves_beside_floats_and_integers_beside_integers(weights: WeightFolder) -> None:
    assert plan_parts(weights, WITH_FLOATS)["embedding"]["emb.weight"].form == "fp16"
    assert plan_parts(weights, A16W8)["embedding"]["emb.weight"].form == "u16"


def test_every_node_has_the_group_of_what_it_computes(weights: WeightFolder) -> None:
    groups = node_groups(build_from_token(weights, WHOLE).model())
    assert set(groups.values()) == set(GROUPS)
    assert groups["blocks.1.att.decay"] == groups["blocks.1.att.w.sigmoid"] == "decay"
    assert groups["state1_wkv_out"] == groups["blocks.1.att.learnt"] == "wkv"
    assert groups["blocks.1.att.residual"] == groups["blocks.2.ffn.residual"] == "residual"
    assert groups["blocks.1.att.r.mixed"] == groups["blocks.1.ffn.k.squared"] == "elementwise"
    assert groups["blocks.1.att.kk"] == groups["ln_out"] == "norm"


@pytest.mark.parametrize(
    ("recipe", "message"),
    [
        ("[", "not a recipe"),
        ({"weights": {"*": "w5"}}, "precisions/mine/weights: there is no 'w5'\nhint: one of fp16, w8, w4"),
        ({"methods": {"w4": "luck"}}, "precisions/mine/methods: there is no 'luck'"),
    ],
)
def test_a_recipe_that_is_none_is_refused(
    weights: WeightFolder, run_tool: RunTool, tmp_path: Path, recipe: object, message: str
) -> None:
    text = recipe if isinstance(recipe, str) else json.dumps(recipe)
    arguments = ["--weights", weights.path, "--precision", "mine", "--recipe", text]
    done = run_tool("qnn-convert/resolve_recipe.py", *arguments, "--output", tmp_path / "plan")
    assert done.returncode == 1
    assert message in done.stderr and "Traceback" not in done.stderr
