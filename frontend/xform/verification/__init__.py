"""`verify`: what xform makes of a user's function, checked against differences and itself."""
