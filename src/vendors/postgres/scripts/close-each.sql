-- Runs each statement of the specification. One that fails doesn't stop the others.

do $tenantry$
declare
  statement text;
begin
  for statement in select jsonb_array_elements_text(:specification) loop
    begin
      execute statement;
    exception
      when lock_not_available or deadlock_detected or serialization_failure then
        raise;
      when others then
        -- The catalog, which is read next, still lists it.
    end;
  end loop;
end
$tenantry$;
