from django.urls import path

from kolonne.portal.commerce.views import contracts, documents, lines, orders, products, terms

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
    path("invoices/", documents.invoices, name="invoices"),
    path("invoices/<int:pk>.csv", documents.invoice_csv, name="invoice_csv"),
    path("invoices/<int:pk>.pdf", documents.invoice_pdf, name="invoice_pdf"),
    path("contracts/<int:pk>/<int:generation>.pdf", documents.contract_pdf, name="contract_pdf"),
    path("products/", products.products, name="products"),
    path("terms/", terms.terms, name="terms"),
    path("terms/<slug:code>/", terms.terms_text, name="terms_text"),
]
