"""What all our forms have in common, whoever wrote them."""

from typing import Any

from django.forms import Form


class Plain(Form):
    """No placeholders: a label says what belongs into a field and stays. The cursor stands where to go on."""

    starts_in = ""
    """The field that gets the cursor when nothing is wrong yet."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs.pop("placeholder", None)
            field.help_text = ""

    def full_clean(self) -> None:
        super().full_clean()
        wrong = next((name for name in self.fields if name in self.errors), self.starts_in)
        if wrong in self.fields:
            self.fields[wrong].widget.attrs["autofocus"] = True
