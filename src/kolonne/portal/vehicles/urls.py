from django.urls import path

from kolonne.portal.vehicles.views import add, arbitration, claims, handovers, imports, modules, removal, requests

urlpatterns = [
    path("vans/add/", add.vehicle_add, name="vehicle_add"),
    path("vans/vin/", add.vehicle_vin, name="vehicle_vin"),
    path("vans/import/", imports.vehicle_import, name="vehicle_import"),
    path("vans/import/template.csv", imports.vehicle_import_template, name="vehicle_import_template"),
    path("vans/import/<int:pk>/", imports.vehicle_import_file, name="vehicle_import_file"),
    path("vans/import/<int:pk>/report.csv", imports.vehicle_import_report, name="vehicle_import_report"),
    path("vans/taken/", claims.vehicle_taken, name="vehicle_taken"),
    path("vans/take-over/", handovers.vehicle_take_over, name="vehicle_take_over"),
    path("vans/removed/", removal.vehicles_removed, name="vehicles_removed"),
    path("vans/changes/", claims.vehicle_transfers, name="vehicle_transfers"),
    path("vans/claims/<int:pk>/", claims.vehicle_claim, name="vehicle_claim"),
    path("vans/claims/<int:pk>/decision/", claims.claim_dealer, name="claim_dealer"),
    path("vans/claims/<int:pk>/withdraw/", claims.claim_act, {"act": "withdraw"}, name="claim_withdraw"),
    path("vans/claims/<int:pk>/add/", claims.claim_act, {"act": "add"}, name="claim_add"),
    path("vans/requests/<int:pk>/", requests.vehicle_request, name="vehicle_request"),
    path("vans/requests/<int:pk>/release/", requests.request_release, name="request_release"),
    path("vans/requests/<int:pk>/object/", requests.request_object, name="request_object"),
    path("vans/hand-overs/<int:pk>/revoke/", handovers.handover_revoke, name="handover_revoke"),
    path("vans/<int:pk>/hand-over/", handovers.vehicle_hand_over, name="vehicle_hand_over"),
    path("customers/vans/", arbitration.van_claims, name="van_claims"),
    path("customers/vans/<int:pk>/", arbitration.van_claim, name="van_claim"),
    path("vans/<int:pk>/modules/", modules.vehicle_modules, name="vehicle_modules"),
    path("vans/<int:pk>/modules/add/", modules.module_add, name="module_add"),
    path(
        "vans/<int:pk>/modules/claims/<int:claim>/withdraw/",
        modules.module_claim_withdraw,
        name="module_claim_withdraw",
    ),
    path("vans/<int:pk>/modules/<int:module>/in-charge/", modules.module_in_charge, name="module_in_charge"),
    path("vans/<int:pk>/modules/<int:module>/provides/", modules.module_provides, name="module_provides"),
    path("vans/<int:pk>/modules/<int:module>/revoke/", modules.module_revoke, name="module_revoke"),
    path("vans/<int:pk>/remove/", removal.vehicle_remove, name="vehicle_remove"),
]
