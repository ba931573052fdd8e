from django.apps import AppConfig


class UsersConfig(AppConfig):
    name = "genomics.users"
    label = "users"
    verbose_name = "Users and labs"
