from django.urls import path

from kolonne.portal.commerce.views import contracts, documents, lines, orders, terms

urlpatterns = [
    path("orders/", orders.orders, name="orders"),
    path("orders/new/", orders.order_new, name="order_new"),
    path("orders/<int:pk>/", orders.order, name="order"),
    path("orders/<int:pk>/withdraw/", orders.order_withdraw, name="order_withdraw"),
    path("contracts/", contracts.contracts, name="contracts"),
    path("contracts/list/", contracts.contract_list, name="contract_list"),
    path("contracts/services/", lines.contract_lines, name="contract_lines"),
    path("contracts/<int:pk>/", contracts.contract, name="contract"),
    path("contracts/<int:pk>/waiting/", lines.contract_waiting, name="contract_waiting"),
    path("contracts/<int:pk>/<int:generation>.pdf", documents.contract_pdf, name="contract_pdf"),
    path("terms/", terms.terms, name="terms"),
]
