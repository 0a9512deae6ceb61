"""Products in the back office: the list, a product with its pictures and its stock, categories, and the sheet."""

from jangteo.web.office.goods import categories, editing, listing, pictures, sheets, stock

ROUTES = [
    *listing.ROUTES,
    *editing.ROUTES,
    *pictures.ROUTES,
    *stock.ROUTES,
    *sheets.ROUTES,
    *categories.ROUTES,
]
