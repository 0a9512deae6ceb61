"""Owns orders: what was bought at what price, and the saga that brings an order to its end.

It must never know how stock is counted, how money is taken or how a parcel travels: it only asks and is told.
"""
