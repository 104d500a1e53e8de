from django.urls import path

from kolonne.portal.vehicles import views

urlpatterns = [
    path("vans/add/", views.vehicle_add, name="vehicle_add"),
    path("vans/<int:pk>/remove/", views.vehicle_remove, name="vehicle_remove"),
]
