"""The PDF of a report; reportlab and pyHanko are used nowhere else.

The faces are registered before any other module of reportlab is loaded, since its style sheets
take the default face, which would be an unembedded Helvetica, at import.
"""

from webui.reports.pdf import fonts

__all__ = ["fonts"]
