"""A product for search engines: schema.org Product and BreadcrumbList as JSON-LD."""

from typing import Any

import msgspec
from markupsafe import Markup

from jangteo.web.visit import Visit

SCHEMA = "https://schema.org"


def described(visit: Visit, product: Any, variant: Any) -> Markup:
    """Return the JSON; no text in it can end the element that it stands in."""
    url = f"{visit.origin}/products/{product.slug}"
    thing: dict[str, Any] = {
        "@context": SCHEMA,
        "@type": "Product",
        "name": product.name,
        "description": product.description[:500],
        "image": [visit.origin + one.url for one in product.pictures],
        "url": url,
    }
    if product.brand is not None:
        thing["brand"] = {"@type": "Brand", "name": product.brand.name}
    if variant is not None:
        thing["sku"] = variant.sku
        thing["offers"] = {
            "@type": "Offer",
            "url": url,
            "price": variant.price,
            "priceCurrency": "KRW",
            "availability": f"{SCHEMA}/{'InStock' if product.available else 'OutOfStock'}",
            "seller": {"@type": "Organization", "name": visit.company.name},
        }
    steps = [*((one.name, f"{visit.origin}/categories/{one.code}") for one in product.breadcrumbs), (product.name, url)]
    crumbs = {
        "@context": SCHEMA,
        "@type": "BreadcrumbList",
        "itemListElement": [
            {"@type": "ListItem", "position": place, "name": name, "item": address}
            for place, (name, address) in enumerate(steps, 1)
        ],
    }
    return Markup(msgspec.json.encode([thing, crumbs]).decode().replace("<", "\\u003c"))  # noqa: S704  (see above)
