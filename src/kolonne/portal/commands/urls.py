from django.urls import path

from kolonne.portal.commands import views

urlpatterns = [
    path("vans/<int:pk>/commands/", views.vehicle_commands, name="vehicle_commands"),
    path("profile/pin/", views.unlock_pin, name="unlock_pin"),
]
