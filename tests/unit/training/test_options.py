"""The command line of the training."""

import pytest

from training.options import parse_options


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--keep", "1"], "argument --keep: '1' is not a whole number of 2 or more"),
        (["--seed", "x"], "argument --seed: 'x' is not a whole number of 0 or more"),
        (["--test-share", "1"], "argument --test-share: '1' is not a number between 0 and 1"),
        (["--validation-share", "nan"], "argument --validation-share: 'nan' is not a number between 0 and 1"),
        (
            ["--classes", "N"],
            "argument --classes: 'N' is neither aami nor a list of two or more different classes, such as N,S,V",
        ),
        (["--classes", "N,V,N"], "argument --classes: 'N,V,N' is neither aami"),
        (["--classes", "N,,V"], "argument --classes: 'N,,V' is neither aami"),
        (["--at-least", "0"], "argument --at-least: '0' is not a whole number of 1 or more"),
        (["--class-weights", "2"], "argument --class-weights: '2' is not none, balanced, or a number from 0 to 1"),
        (["--noise", "nan"], "argument --noise: 'nan' is not a number from 0 to 10"),
        (["--label-smoothing", "-1"], "argument --label-smoothing: '-1' is not a number from 0 to 0.5"),
        (["--augment", "4"], "argument --augment: '4' is not a number from 0 to 3"),
        (["--learning-rate", "inf"], "argument --learning-rate: 'inf' is not a number above 0"),
    ],
)
def test_an_invalid_option_is_named_with_the_valid_values(arguments, sentence, capsys):
    with pytest.raises(SystemExit, match="2"):
        parse_options(arguments)
    assert sentence in capsys.readouterr().err


def test_given_options_reach_the_recipe_and_others_keep_their_defaults():
    options = parse_options(["--epochs", "3", "--class-weights", "balanced", "--keep", "2"])
    assert (options.recipe.epochs, options.recipe.class_weights, options.keep) == (3, 1.0, 2)
    assert (options.recipe.patience, options.test, options.models.parts) == (15, None, ("models", "ecg"))


@pytest.mark.parametrize(("text", "power"), [("none", 0), ("balanced", 1), ("0.8", 0.8)])
def test_class_weights_are_a_power_of_the_share(text, power):
    assert parse_options(["--class-weights", text]).recipe.class_weights == power


def test_noise_and_smoothing_reach_the_recipe_and_no_patience_is_one():
    recipe = parse_options(["--noise", "0.3", "--label-smoothing", "0", "--patience", "0"]).recipe
    assert (recipe.noise, recipe.label_smoothing, recipe.patience) == (0.3, 0, 0)


def test_columns_and_classes_are_given_by_name():
    options = parse_options(["--classes", "N, S,V", "--group", "patient", "--drop", "age", "--drop", "sex"])
    assert (options.classes, options.group, options.drop) == (("N", "S", "V"), "patient", ["age", "sex"])
    options = parse_options(["--classes", "aami", "--at-least", "5"])
    assert (options.classes, options.at_least, options.group, options.drop) == (("aami",), 5, None, [])
