from django.urls import path

from kolonne.portal.vehicles.views import add, removal

urlpatterns = [
    path("vans/add/", add.vehicle_add, name="vehicle_add"),
    path("vans/vin/", add.vehicle_vin, name="vehicle_vin"),
    path("vans/<int:pk>/remove/", removal.vehicle_remove, name="vehicle_remove"),
]
