"""The mailbox page: what the product would have sent, readable by whoever uses this machine."""

from pathlib import Path

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from genomics.localaws import mailbox


@require_safe
def mail_list(request: HttpRequest) -> HttpResponse:
    return render(request, "localaws/mailbox.html", {"mails": mailbox.latest(_folder())})


@require_safe
def mail_detail(request: HttpRequest, file: str, number: int) -> HttpResponse:
    mail = mailbox.find(_folder(), file=file, number=number)
    if mail is None:
        raise Http404("There is no such mail.")
    return render(request, "localaws/mail.html", {"mail": mail})


def _folder() -> Path:
    return Path(settings.EMAIL_FILE_PATH)
