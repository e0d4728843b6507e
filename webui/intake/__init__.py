"""Deliveries from registries elsewhere: MLflow, Weights & Biases, Comet, or any that posts JSON.

A delivery is proved, kept, answered, and only then read: ``door`` takes it in, ``clerk`` (a thread
beside the server) makes events of it under the policy. How one is proved and read is a document
(``document``); ``shipped`` holds those of the known sources.
"""
