"""The profile language.

What else is installed must not change what a profile means, so pydantic is kept from looking for plug-ins, which takes
reading the metadata of every package besides.
"""

import os

os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
