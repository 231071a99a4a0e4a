"""The Coursebase half: an RPC API of an LMS, its token endpoint and its storage of exports."""
