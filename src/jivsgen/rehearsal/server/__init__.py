"""The loopback server: routes, answers and rules from an OpenAPI document; what that cannot say from a behaviour file.

What else is installed must not change what that file means, so pydantic is kept from looking for plug-ins, which takes
reading the metadata of every package besides.
"""

import os

os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
