"""NF-02: help and errors of a field are told together with it."""

from django import forms
from django.template.loader import render_to_string


class Sample(forms.Form):
    name = forms.CharField()


def shown(data: dict[str, str] | None, help_text: str = "") -> str:
    return render_to_string("account/_field.html", {"field": Sample(data)["name"], "help": help_text})


def test_a_field_names_the_help_of_the_template_and_its_errors() -> None:
    assert 'aria-describedby="id_name_helptext"' in shown(None, "As in your passport.")
    assert 'aria-describedby="id_name_helptext id_name_error"' in shown({}, "As in your passport.")
    assert 'aria-describedby="id_name_error"' in shown({})


def test_a_field_names_nothing_that_is_not_there() -> None:
    assert "aria-describedby" not in shown(None)


def test_a_field_keeps_what_stood_in_it_before() -> None:
    form = forms.Form({"name": "new"})
    form.fields["name"] = forms.CharField(initial="old", show_hidden_initial=True)
    page = render_to_string("account/_field.html", {"field": form["name"], "help": ""})
    assert 'type="hidden" name="initial-name"' in page
