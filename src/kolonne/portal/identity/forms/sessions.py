from django import forms


class EndForm(forms.Form):
    """One session by its number, or none: all but this one."""

    session = forms.IntegerField(required=False, min_value=1, max_value=2**31 - 1)
