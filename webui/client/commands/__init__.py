"""The commands of a pipeline: each asks a server by ``webui.client.client``, and prints."""
