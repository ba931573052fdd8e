"""What the sandbox answers to: one row for each request, with the type that its parameters are checked against."""

import functools
import re
from collections.abc import Callable
from dataclasses import dataclass

from billing.sandbox import (
    accounts,
    cards,
    catalogue,
    checkout,
    collection,
    customers,
    discounts,
    endpoints,
    events,
    invoices,
    payments,
    portal,
    setups,
    subscriptions,
    switching,
    test_clocks,
)
from billing.sandbox.store import Json

Handler = Callable[..., Json]  # (world, params, *ids)


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    method: str
    path: str
    handler: Handler
    params: str  # a class of stripe.params


def _route(method: str, path: str, handler: Handler, params: str) -> Route:
    return Route(method=method, path=path, handler=handler, params=params)


ROUTES: tuple[Route, ...] = (
    _route("GET", "/v1/account", accounts.own, "AccountRetrieveParams"),
    _route("GET", "/v1/accounts", accounts.list_connected, "AccountListParams"),
    _route("GET", "/v1/accounts/{id}", accounts.retrieve, "AccountRetrieveParams"),
    _route("POST", "/v1/products", catalogue.create_product, "ProductCreateParams"),
    _route("GET", "/v1/products", catalogue.list_products, "ProductListParams"),
    _route("GET", "/v1/products/{id}", catalogue.retrieve_product, "ProductRetrieveParams"),
    _route("POST", "/v1/products/{id}", catalogue.modify_product, "ProductModifyParams"),
    _route("DELETE", "/v1/products/{id}", catalogue.delete_product, "ProductDeleteParams"),
    _route("GET", "/v1/products/{id}/features", catalogue.list_features, "ProductListFeaturesParams"),
    _route("POST", "/v1/prices", catalogue.create_price, "PriceCreateParams"),
    _route("GET", "/v1/prices", catalogue.list_prices, "PriceListParams"),
    _route("GET", "/v1/prices/{id}", catalogue.retrieve_price, "PriceRetrieveParams"),
    _route("POST", "/v1/prices/{id}", catalogue.modify_price, "PriceModifyParams"),
    _route("POST", "/v1/coupons", discounts.create_coupon, "CouponCreateParams"),
    _route("GET", "/v1/coupons", discounts.list_coupons, "CouponListParams"),
    _route("GET", "/v1/coupons/{id}", discounts.retrieve_coupon, "CouponRetrieveParams"),
    _route("DELETE", "/v1/coupons/{id}", discounts.delete_coupon, "CouponDeleteParams"),
    _route("POST", "/v1/promotion_codes", discounts.create_promotion_code, "PromotionCodeCreateParams"),
    _route("GET", "/v1/promotion_codes", discounts.list_promotion_codes, "PromotionCodeListParams"),
    _route("GET", "/v1/promotion_codes/{id}", discounts.retrieve_promotion_code, "PromotionCodeRetrieveParams"),
    _route("POST", "/v1/customers", customers.create, "CustomerCreateParams"),
    _route("GET", "/v1/customers", customers.list_all, "CustomerListParams"),
    _route("GET", "/v1/customers/{id}", customers.retrieve, "CustomerRetrieveParams"),
    _route("POST", "/v1/customers/{id}", customers.modify, "CustomerModifyParams"),
    _route("DELETE", "/v1/customers/{id}", customers.delete, "CustomerDeleteParams"),
    _route("GET", "/v1/customers/{id}/sources", customers.list_sources, "CustomerListSourcesParams"),
    _route("GET", "/v1/customers/{id}/payment_methods", cards.list_of_customer, "CustomerListPaymentMethodsParams"),
    _route(
        "GET",
        "/v1/customers/{id}/payment_methods/{id}",
        cards.retrieve_of_customer,
        "CustomerRetrievePaymentMethodParams",
    ),
    _route("POST", "/v1/payment_methods", cards.create, "PaymentMethodCreateParams"),
    _route("GET", "/v1/payment_methods", cards.list_all, "PaymentMethodListParams"),
    _route("GET", "/v1/payment_methods/{id}", cards.retrieve, "PaymentMethodRetrieveParams"),
    _route("POST", "/v1/payment_methods/{id}", cards.modify, "PaymentMethodModifyParams"),
    _route("POST", "/v1/payment_methods/{id}/attach", cards.attach, "PaymentMethodAttachParams"),
    _route("POST", "/v1/payment_methods/{id}/detach", cards.detach, "PaymentMethodDetachParams"),
    _route("POST", "/v1/setup_intents", setups.create, "SetupIntentCreateParams"),
    _route("GET", "/v1/setup_intents", setups.list_all, "SetupIntentListParams"),
    _route("GET", "/v1/setup_intents/{id}", setups.retrieve, "SetupIntentRetrieveParams"),
    _route("POST", "/v1/setup_intents/{id}/confirm", setups.confirm, "SetupIntentConfirmParams"),
    _route("POST", "/v1/subscriptions", subscriptions.create, "SubscriptionCreateParams"),
    _route("GET", "/v1/subscriptions", subscriptions.list_all, "SubscriptionListParams"),
    _route("GET", "/v1/subscriptions/{id}", subscriptions.retrieve, "SubscriptionRetrieveParams"),
    _route("POST", "/v1/subscriptions/{id}", subscriptions.modify, "SubscriptionModifyParams"),
    _route("POST", "/v1/subscriptions/{id}/resume", subscriptions.resume, "SubscriptionResumeParams"),
    _route("DELETE", "/v1/subscriptions/{id}", subscriptions.cancel, "SubscriptionCancelParams"),
    _route("GET", "/v1/subscription_items", subscriptions.list_items, "SubscriptionItemListParams"),
    _route("GET", "/v1/subscription_items/{id}", subscriptions.retrieve_item, "SubscriptionItemRetrieveParams"),
    _route("GET", "/v1/invoices", invoices.list_all, "InvoiceListParams"),
    _route("POST", "/v1/invoices/create_preview", switching.preview, "InvoiceCreatePreviewParams"),
    _route("GET", "/v1/invoices/{id}", invoices.retrieve, "InvoiceRetrieveParams"),
    _route("POST", "/v1/invoices/{id}", invoices.modify, "InvoiceModifyParams"),
    _route("GET", "/v1/invoices/{id}/lines", invoices.list_lines, "InvoiceListLinesParams"),
    _route("POST", "/v1/invoices/{id}/finalize", collection.finalize, "InvoiceFinalizeInvoiceParams"),
    _route("POST", "/v1/invoices/{id}/pay", collection.pay, "InvoicePayParams"),
    _route("POST", "/v1/invoices/{id}/void", invoices.void_invoice, "InvoiceVoidInvoiceParams"),
    _route("GET", "/v1/invoice_payments", invoices.list_payments, "InvoicePaymentListParams"),
    _route("GET", "/v1/invoice_payments/{id}", invoices.retrieve_payment, "InvoicePaymentRetrieveParams"),
    _route("GET", "/v1/payment_intents", payments.list_intents, "PaymentIntentListParams"),
    _route("GET", "/v1/payment_intents/{id}", payments.retrieve_intent, "PaymentIntentRetrieveParams"),
    _route("GET", "/v1/charges", payments.list_charges, "ChargeListParams"),
    _route("GET", "/v1/charges/{id}", payments.retrieve_charge, "ChargeRetrieveParams"),
    _route("GET", "/v1/charges/{id}/refunds", payments.list_refunds_of_charge, "ChargeListRefundsParams"),
    _route("POST", "/v1/refunds", payments.create_refund, "RefundCreateParams"),
    _route("GET", "/v1/refunds", payments.list_refunds, "RefundListParams"),
    _route("GET", "/v1/refunds/{id}", payments.retrieve_refund, "RefundRetrieveParams"),
    _route("POST", "/v1/checkout/sessions", checkout.create, "checkout.SessionCreateParams"),
    _route("GET", "/v1/checkout/sessions", checkout.list_all, "checkout.SessionListParams"),
    _route("GET", "/v1/checkout/sessions/{id}", checkout.retrieve, "checkout.SessionRetrieveParams"),
    _route("POST", "/v1/checkout/sessions/{id}/expire", checkout.expire, "checkout.SessionExpireParams"),
    _route(
        "GET", "/v1/checkout/sessions/{id}/line_items", checkout.list_line_items, "checkout.SessionListLineItemsParams"
    ),
    _route(
        "POST",
        "/v1/billing_portal/configurations",
        portal.create_configuration,
        "billing_portal.ConfigurationCreateParams",
    ),
    _route(
        "GET", "/v1/billing_portal/configurations", portal.list_configurations, "billing_portal.ConfigurationListParams"
    ),
    _route(
        "GET",
        "/v1/billing_portal/configurations/{id}",
        portal.retrieve_configuration,
        "billing_portal.ConfigurationRetrieveParams",
    ),
    _route(
        "POST",
        "/v1/billing_portal/configurations/{id}",
        portal.modify_configuration,
        "billing_portal.ConfigurationModifyParams",
    ),
    _route("POST", "/v1/billing_portal/sessions", portal.create_session, "billing_portal.SessionCreateParams"),
    _route("POST", "/v1/webhook_endpoints", endpoints.create, "WebhookEndpointCreateParams"),
    _route("GET", "/v1/webhook_endpoints", endpoints.list_all, "WebhookEndpointListParams"),
    _route("GET", "/v1/webhook_endpoints/{id}", endpoints.retrieve, "WebhookEndpointRetrieveParams"),
    _route("POST", "/v1/webhook_endpoints/{id}", endpoints.modify, "WebhookEndpointModifyParams"),
    _route("DELETE", "/v1/webhook_endpoints/{id}", endpoints.delete, "WebhookEndpointDeleteParams"),
    _route("GET", "/v1/events", events.list_all, "EventListParams"),
    _route("GET", "/v1/events/{id}", events.retrieve, "EventRetrieveParams"),
    _route("POST", "/v1/test_helpers/test_clocks", test_clocks.create, "test_helpers.TestClockCreateParams"),
    _route("GET", "/v1/test_helpers/test_clocks", test_clocks.list_all, "test_helpers.TestClockListParams"),
    _route("GET", "/v1/test_helpers/test_clocks/{id}", test_clocks.retrieve, "test_helpers.TestClockRetrieveParams"),
    _route(
        "POST",
        "/v1/test_helpers/test_clocks/{id}/advance",
        test_clocks.advance,
        "test_helpers.TestClockAdvanceParams",
    ),
    _route("DELETE", "/v1/test_helpers/test_clocks/{id}", test_clocks.delete, "test_helpers.TestClockDeleteParams"),
)


def find(method: str, path: str) -> tuple[Route, tuple[str, ...]] | None:
    """This function will give the route of a request and the ids in its path; None where there is none."""
    for route in ROUTES:
        if route.method == method:
            match = _pattern(route.path).fullmatch(path)
            if match:
                return route, match.groups()
    return None


@functools.cache
def _pattern(path: str) -> re.Pattern[str]:
    return re.compile(re.escape(path).replace(r"\{id\}", r"([A-Za-z0-9_]+)"))
