from django import forms

from jobs.templatetags.fields import styled


class Form(forms.Form):
    name = forms.CharField(widget=forms.TextInput(attrs={"placeholder": "Name"}), help_text="As on your badge.")
    plan = forms.ChoiceField(choices=[("a", "A")])
    agreed = forms.BooleanField()


class TestStyled:
    def test_gives_each_widget_the_class_of_its_kind(self) -> None:
        form = Form()
        assert 'class="form-control"' in styled(form["name"])
        assert 'class="form-select"' in styled(form["plan"])
        assert 'class="form-check-input"' in styled(form["agreed"])

    def test_marks_and_describes_a_field_with_errors(self) -> None:
        html = styled(Form({})["name"])
        assert 'class="form-control is-invalid"' in html
        assert 'aria-invalid="true"' in html
        assert "id_name_error" in html

    def test_leaves_words_to_the_label(self) -> None:
        assert "placeholder" not in styled(Form()["name"])
