"""What can go wrong with templates."""

from __future__ import annotations

from confhub.kernel.errors import Conflict, NotFound


class TemplateUnknown(NotFound):
    code = "template_not_found"
    message = "There is no such template, or it is outside your branch."


class TemplateNameTaken(Conflict):
    code = "template_name_taken"
    message = "The unit has a template of this name."
    remedy = "Choose another name, or delete that template first."


class TooManyTemplates(Conflict):
    code = "too_many_templates"
    message = "A unit has at most {max_count} templates."
    remedy = "Delete one that is not needed any more."
