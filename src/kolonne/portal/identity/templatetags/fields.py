from django import template
from django.forms import BoundField
from django.utils.safestring import SafeString

register = template.Library()


@register.simple_tag
def described(field: BoundField, help_text: str = "") -> SafeString:
    """The field itself, told to screen readers together with the help and the errors that stand below it (NF-02).

    Django does this for a form's own help texts only; most of ours are written in the template.
    """
    parts = [part for part, is_shown in (("helptext", help_text), ("error", field.errors)) if is_shown]
    ids = " ".join(f"{field.auto_id}_{part}" for part in parts)
    widget = field.as_widget(attrs={"aria-describedby": ids} if ids else None)
    return widget + (field.as_hidden(only_initial=True) if field.field.show_hidden_initial else SafeString())
