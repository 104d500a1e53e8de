from django.urls import path

from kolonne.portal.commerce import views

urlpatterns = [
    path("orders/", views.orders, name="orders"),
    path("orders/new/", views.order_new, name="order_new"),
    path("orders/<int:pk>/", views.order, name="order"),
    path("orders/<int:pk>/withdraw/", views.order_withdraw, name="order_withdraw"),
    path("contracts/", views.contracts, name="contracts"),
    path("contracts/<int:pk>/", views.contract, name="contract"),
    path("terms/", views.terms, name="terms"),
]
