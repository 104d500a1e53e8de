from django.apps import AppConfig


class CommerceConfig(AppConfig):
    name = "kolonne.portal.commerce"
    default_auto_field = "django.db.models.AutoField"

    def ready(self) -> None:
        # Models exist only when apps are ready.
        from kolonne.portal.commerce import (  # noqa: PLC0415
            actions,
            departure,
            erasure,
            invoices,
            leaving_vans,
            merging,
            queries,
            steps,
        )
        from kolonne.portal.commerce.actions.profiles import share_among_modules, silence  # noqa: PLC0415
        from kolonne.portal.commerce.catalogue import catalogue  # noqa: PLC0415
        from kolonne.portal.commerce.permissions import PERMISSIONS  # noqa: PLC0415  # registers the rights
        from kolonne.portal.commerce.terms import library  # noqa: PLC0415
        from kolonne.portal.commerce.terms import steps as terms_steps  # noqa: PLC0415
        from kolonne.portal.companies import hooks, merge_parts  # noqa: PLC0415
        from kolonne.portal.companies.models import Kind, Role  # noqa: PLC0415  # models exist only when apps are ready
        from kolonne.portal.companies.queries import allow  # noqa: PLC0415
        from kolonne.portal.identity.actions.traces import when_traces_go  # noqa: PLC0415
        from kolonne.portal.vehicles import hooks as van_hooks  # noqa: PLC0415
        from kolonne.portal.vehicles.hooks import when_modules_change, when_van_leaves  # noqa: PLC0415

        # An operator's file that is wrong stops the program here, with everything that is wrong in it.
        catalogue()
        library()
        allow(Role.ADMINISTRATOR, *PERMISSIONS, kinds=[Kind.FLEET])
        allow(Role.FLEET_MANAGER, "commerce.product:read", kinds=[Kind.FLEET])
        when_traces_go(erasure.forget_who_ordered)
        hooks.add_departure(departure.DEPARTURE)
        merge_parts.add_merge_part(merging.MERGE)
        hooks.add_export("contracts", departure.contracts_of)
        hooks.add_export("contract_generations", departure.generations_of)
        hooks.add_export("orders", departure.orders_of)
        hooks.add_export("services", departure.services_of)
        hooks.add_export("invoices", invoices.rows_of)
        hooks.add_export("terms", terms_steps.acceptances_of)
        hooks.when_verified(actions.fulfil_orders)
        hooks.when_master_data_changes(actions.renew_contracts)
        hooks.say_before_master_data_change(queries.before_master_data_change)
        hooks.add_next_step(steps.next_step)
        hooks.add_next_step(terms_steps.next_step)
        when_modules_change(share_among_modules)
        when_van_leaves(actions.van_leaves)
        when_van_leaves(silence)
        van_hooks.tell_consequences(leaving_vans.consequences)
        van_hooks.tell_what_stays_visible(leaving_vans.still_visible)
