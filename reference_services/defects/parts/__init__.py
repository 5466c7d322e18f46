"""Pieces that several defects are made of; no defect by themselves."""
