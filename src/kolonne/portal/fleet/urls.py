from django.urls import path

from kolonne.portal.fleet import traffic, views

urlpatterns = [
    path("", views.live_map, name="map"),
    path("vans/", views.vehicles, name="vehicles"),
    path("vans/<int:pk>/", views.vehicle, name="vehicle"),
    path("vans/traffic/", traffic.traffic, name="traffic"),
    path("map/roads.geojson", views.map_roads, name="map_roads"),
    path("map/bounds.json", views.map_bounds, name="map_bounds"),
]
