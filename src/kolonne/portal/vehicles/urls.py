from django.urls import path

from kolonne.portal.vehicles.views import add, imports, removal

urlpatterns = [
    path("vans/add/", add.vehicle_add, name="vehicle_add"),
    path("vans/vin/", add.vehicle_vin, name="vehicle_vin"),
    path("vans/import/", imports.vehicle_import, name="vehicle_import"),
    path("vans/import/template.csv", imports.vehicle_import_template, name="vehicle_import_template"),
    path("vans/import/<int:pk>/", imports.vehicle_import_file, name="vehicle_import_file"),
    path("vans/import/<int:pk>/report.csv", imports.vehicle_import_report, name="vehicle_import_report"),
    path("vans/<int:pk>/remove/", removal.vehicle_remove, name="vehicle_remove"),
]
