-- The rules of src/shared/text-rules.ts, which a test compares with these.

create or replace function private.is_slug(value text) returns boolean
language sql immutable set search_path = ''
as $$ select length(value) <= 40 and value ~ '^[a-z][a-z0-9]*(-[a-z0-9]+)*$' $$;

create or replace function private.is_display_name(value text) returns boolean
language sql immutable set search_path = ''
as $$ select length(value) <= 100 and value ~ '^[\u0020\u00a0\u1680\u180b-\u180f\u2000-\u200a\u200c-\u200d\u202f\u205f\u2800\u3000\ufe00-\ufe0f\U000e0100-\U000e01ef]*[^\u0000-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f-\u1160\u17b4-\u17b5\u200b\u200e-\u200f\u2028-\u202e\u2060-\u206f\u3164\ue000-\uf8ff\ufdd0-\ufdef\ufeff\uffa0\ufff0-\ufffc\ufffe-\uffff\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e00ff\U000e01f0-\U0010ffff\u0020\u00a0\u1680\u180b-\u180f\u2000-\u200a\u200c-\u200d\u202f\u205f\u2800\u3000\ufe00-\ufe0f\U000e0100-\U000e01ef][^\u0000-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f-\u1160\u17b4-\u17b5\u200b\u200e-\u200f\u2028-\u202e\u2060-\u206f\u3164\ue000-\uf8ff\ufdd0-\ufdef\ufeff\uffa0\ufff0-\ufffc\ufffe-\uffff\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e00ff\U000e01f0-\U0010ffff]*$' $$;

create or replace function private.is_line(value text) returns boolean
language sql immutable set search_path = ''
as $$ select length(value) <= 1000 and value ~ '^[\u0020\u00a0\u1680\u180b-\u180f\u2000-\u200a\u200c-\u200d\u202f\u205f\u2800\u3000\ufe00-\ufe0f\U000e0100-\U000e01ef]*[^\u0000-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f-\u1160\u17b4-\u17b5\u200b\u200e-\u200f\u2028-\u202e\u2060-\u206f\u3164\ue000-\uf8ff\ufdd0-\ufdef\ufeff\uffa0\ufff0-\ufffc\ufffe-\uffff\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e00ff\U000e01f0-\U0010ffff\u0020\u00a0\u1680\u180b-\u180f\u2000-\u200a\u200c-\u200d\u202f\u205f\u2800\u3000\ufe00-\ufe0f\U000e0100-\U000e01ef][^\u0000-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f-\u1160\u17b4-\u17b5\u200b\u200e-\u200f\u2028-\u202e\u2060-\u206f\u3164\ue000-\uf8ff\ufdd0-\ufdef\ufeff\uffa0\ufff0-\ufffc\ufffe-\uffff\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e00ff\U000e01f0-\U0010ffff]*$' $$;

create or replace function private.is_host(value text) returns boolean
language sql immutable set search_path = ''
as $$ select length(value) <= 253 and value ~ '^(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])$' $$;

create or replace function private.is_email(value text) returns boolean
language sql immutable set search_path = ''
as $$ select length(value) <= 254 and value ~ '^(?=[^@]{1,64}@)[A-Za-z0-9!#$%&''*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&''*+/=?^_`{|}~-]+)*@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])$' $$;

create or replace function private.is_prose(value text) returns boolean
language sql immutable set search_path = ''
as $$ select length(value) <= 4000 and value ~ '^[^\u0000-\u0008\u000b-\u000c\u000e-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f-\u1160\u17b4-\u17b5\u200b\u200e-\u200f\u2028-\u202e\u2060-\u206f\u3164\ue000-\uf8ff\ufdd0-\ufdef\ufeff\uffa0\ufff0-\ufffc\ufffe-\uffff\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e00ff\U000e01f0-\U0010ffff]*$' $$;

create or replace function private.is_key(value text) returns boolean
language sql immutable set search_path = ''
as $$ select length(value) <= 255 and value ~ '^[^\u0000-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f-\u1160\u17b4-\u17b5\u200b\u200e-\u200f\u2028-\u202e\u2060-\u206f\u3164\ue000-\uf8ff\ufdd0-\ufdef\ufeff\uffa0\ufff0-\ufffc\ufffe-\uffff\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e00ff\U000e01f0-\U0010ffff]+$' $$;
