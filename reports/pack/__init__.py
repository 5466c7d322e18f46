"""A run as one file that can be handed to somebody else: manifest, signature, and a check of both.

PackError
    NotAPackError     the file is no pack, or a part of it is out of its limits
    SignatureError    it cannot be signed or the signature cannot be checked
"""
