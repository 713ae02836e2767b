import { preview, type Rules, up } from "../rule.ts";

export const FUNCTIONS: Rules = {
  "a provider's function is answered": [
    preview(
      'exports.answer = pulumi.runtime.invokeOutput("test:index:ask", { question: 1, deep: { list: [1] } });',
    ),
    up(),
  ],
  "a provider's function refuses": [
    up('exports.answer = pulumi.runtime.invokeOutput("test:index:ask", { refuse: "not today" });'),
  ],
  "a function's secret answer is a secret": [
    up('exports.answer = pulumi.runtime.invokeOutput("test:index:ask", { hide: "hidden", plain: 1 });'),
  ],
  "a function of a secret answers with a secret": [
    up(
      'exports.answer = pulumi.runtime.invokeOutput("test:index:ask", { question: pulumi.secret("hidden") });',
    ),
  ],
  "a function of what is not known yet is asked in the update": [
    preview(`
      const a = new Thing("a", {});
      const answer = pulumi.runtime.invokeOutput("test:index:ask", { question: a.id });
      new Thing("b", { value: answer.apply((it) => it.question) });
      exports.answer = answer;`),
    up(),
    preview(),
  ],
  "a function is asked by an explicit provider": [
    up(`
      const provider = new Provider("own", { region: "north" });
      exports.answer = pulumi.runtime.invokeOutput("test:index:ask", { question: 1 }, { provider });`),
    up(),
  ],
};
