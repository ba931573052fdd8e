from typing import Any

import pytest

from genomics.aws.intrinsics import Evaluator, TemplateError, parse, references


class _Scope:
    def ref(self, name: str) -> object:
        known: dict[str, object] = {"Stage": "dev", "Zones": ["a", "b"], "Queue": "queue-url"}
        if name not in known:
            raise TemplateError(f"{name} is unknown")
        return known[name]

    def attribute(self, resource: str, name: str) -> str:
        return f"<{resource}.{name}>"


def _evaluate(text: str, *, conditions: str = "X: {}") -> Any:
    evaluator = Evaluator(scope=_Scope(), conditions=parse(conditions))
    return evaluator.evaluate(parse(f"value: {text}"))["value"]


class TestParse:
    def test_writes_short_forms_out(self) -> None:
        assert parse("a: !GetAtt Queue.Arn\nb: !Ref Queue") == {
            "a": {"Fn::GetAtt": ["Queue", "Arn"]},
            "b": {"Ref": "Queue"},
        }

    @pytest.mark.parametrize("text", ["a: [", "just text"])
    def test_refuses_what_is_no_template(self, text: str) -> None:
        with pytest.raises(TemplateError):
            parse(text)


class TestEvaluate:
    @pytest.mark.parametrize(
        ("text", "value"),
        [
            ("!Ref Stage", "dev"),
            ("!GetAtt Queue.Arn", "<Queue.Arn>"),
            ("!Sub '${Stage}-${Queue.Arn}-${!kept}'", "dev-<Queue.Arn>-${kept}"),
            ("!Sub ['${Own}-${Stage}', {Own: !Ref Queue}]", "queue-url-dev"),
            ("!Join ['/', [a, !Ref Stage]]", "a/dev"),
            ("!Select [1, !Ref Zones]", "b"),
            ("!Select [0, !Split [',', 'x,y']]", "x"),
            ("{'Fn::Base64': !Ref Stage}", "ZGV2"),
            ("{keep: 1, drop: !Ref 'AWS::NoValue'}", {"keep": 1}),
            ("[1, !Ref 'AWS::NoValue', 2]", [1, 2]),
            ("{nested: [{deep: !Ref Stage}]}", {"nested": [{"deep": "dev"}]}),
        ],
    )
    def test_gives_the_value_of_each_function(self, text: str, value: object) -> None:
        assert _evaluate(text) == value

    @pytest.mark.parametrize(
        ("condition", "value"),
        [
            ("!Equals [!Ref Stage, dev]", "yes"),
            ("!Not [!Equals [!Ref Stage, dev]]", "no"),
            ("!And [!Equals [a, a], !Equals [a, b]]", "no"),
            ("!Or [!Equals [a, a], !Equals [a, b]]", "yes"),
        ],
    )
    def test_chooses_by_condition(self, condition: str, value: str) -> None:
        assert _evaluate("!If [Chosen, 'yes', 'no']", conditions=f"Chosen: {condition}") == value

    def test_follows_conditions_that_name_others(self) -> None:
        conditions = "Chosen: {Condition: Other}\nOther: !Equals [a, a]"
        assert _evaluate("!If [Chosen, 1, 2]", conditions=conditions) == 1

    @pytest.mark.parametrize(
        "text",
        ["!Ref Nobody", "!Select [5, !Ref Zones]", "!If [Nowhere, 1, 2]", "{'Fn::Transform': {}}"],
    )
    def test_refuses_what_it_cannot_evaluate(self, text: str) -> None:
        with pytest.raises(TemplateError):
            _evaluate(text)


class TestReferences:
    def test_finds_names_in_all_forms(self) -> None:
        node = parse("a: [!Ref One, !GetAtt Two.Arn, !Sub '${Three.Arn} ${Four} ${!Five}']")
        assert list(references(node)) == ["One", "Two", "Three", "Four"]

    def test_leaves_out_the_own_variables_of_sub(self) -> None:
        node = parse("a: !Sub ['${Own} ${Other}', {Own: !Ref Inner}]")
        assert list(references(node)) == ["Other", "Inner"]
