# intake
intake-report = { $rows ->
    [one] { $rows } linha
   *[other] { $rows } linhas
}: { $created ->
    [one] { $created } criada
   *[other] { $created } criadas
}, { $updated ->
    [one] { $updated } alterada
   *[other] { $updated } alteradas
}, { $unchanged ->
    [one] { $unchanged } inalterada
   *[other] { $unchanged } inalteradas
}, { $quarantined } em quarentena
intake-report-dry-run = Ensaio, nada é gravado. { $rows ->
    [one] { $rows } linha
   *[other] { $rows } linhas
}: { $created ->
    [one] { $created } seria criada
   *[other] { $created } seriam criadas
}, { $updated ->
    [one] { $updated } alterada
   *[other] { $updated } alteradas
}, { $unchanged ->
    [one] { $unchanged } inalterada
   *[other] { $unchanged } inalteradas
}, { $quarantined ->
    [one] { $quarantined } posta
   *[other] { $quarantined } postas
} em quarentena
intake-report-further = e mais { $count ->
    [one] { $count } linha
   *[other] { $count } linhas
} em quarentena
intake-fault = { $place }: { $reason }. { $remedy }
intake-file-mapping-faults = O ficheiro de correspondência tem erros: { $faults }
intake-file-broke-off = O ficheiro foi interrompido ({ $error }). Importe-o de novo
intake-file-temporary = O ficheiro temporário da importação falhou: { $error }. Verifique o espaço e os direitos da pasta dos ficheiros temporários (TMPDIR)
intake-file-empty = O ficheiro está vazio. Guarde de novo a folha em «CSV UTF-8», com as suas linhas
intake-file-too-large = o ficheiro ultrapassa { $bytes_max } bytes; divida-o
intake-file-utf-16 = O ficheiro está em UTF-16: guarde-o em «CSV UTF-8»
intake-file-mixed-encodings = O ficheiro está em UTF-8 (linha { $utf8_line }) e em Windows-1252 (linha { $windows_line }): guarde-o em «CSV UTF-8», ou declare no ficheiro de correspondência a codificação das linhas a importar
intake-file-workbook = O ficheiro é um livro ou um arquivo, não um ficheiro CSV: guarde a folha em «CSV UTF-8»
intake-file-no-heading = Nenhuma das primeiras { $lines } linhas tem todas as colunas do ficheiro de correspondência; faltam: { $missing }. Acrescente-as ao ficheiro ou corrija os seus nomes; uma coluna que o polo não tem: retire-a do ficheiro de correspondência, marque o seu campo «optional = true», ou dê-lhe um valor fixo com «value»
intake-file-column-twice = Duas colunas têm o cabeçalho { $column }: mude o nome de uma delas
intake-file-too-many-rows = O ficheiro tem mais de { $rows_max } linhas: divida-o
intake-file-too-many-broken-lines = Mais de { $lines_max } linhas não podem ser divididas em células: verifique as aspas e o separador
intake-file-quarantine-full = Mais de { $rows_max } linhas desta origem esperariam em quarentena: corrija o ficheiro ou a sua correspondência, ou descarte linhas que esperam, e importe-o de novo
intake-file-stopped = Antes disso, { $rows ->
    [one] { $rows } linha foi importada ou posta
   *[other] { $rows } linhas foram importadas ou postas
} em quarentena; importar o ficheiro de novo é seguro
intake-call-broke-off = O nó não respondeu até ao fim: uma parte do ficheiro pode ter sido gravada. Importá-lo de novo é seguro
intake-columns-unused = Colunas não utilizadas: { $columns }
intake-place-line = Linha { $line }
intake-place-cell = Linha { $line }, coluna { $column }
intake-empty = A célula está vazia
intake-empty-remedy = Preencha-a, ou indique no ficheiro de correspondência o que significa uma célula vazia
intake-read-as-empty = «{ $cell }» lê-se como «não preenchido», e este valor é obrigatório
intake-read-as-empty-remedy = Escreva o valor, ou indique no ficheiro de correspondência o que significa uma célula vazia (default)
intake-key-empty = A célula que identifica a linha está vazia
intake-key-empty-remedy = Dê à linha o seu número; se for um total ou uma nota, deixe-a aqui
intake-key-read-as-empty = «{ $cell }» lê-se como «não preenchido», e esta célula identifica a linha
intake-key-read-as-empty-remedy = Dê à linha o seu número; se for um total ou uma nota, deixe-a aqui
intake-too-long = O texto ultrapassa { $bytes_max } bytes
intake-too-long-remedy = Encurte-o
intake-unknown-spelling = «{ $cell }» não é um código da lista nem uma grafia conhecida
intake-unknown-spelling-remedy = Corrija a célula, ou acrescente esta grafia ao ficheiro de correspondência
intake-several-codes = «{ $cell }» pode designar vários códigos
intake-several-codes-remedy = Escreva o código, ou indique no ficheiro de correspondência qual é o pretendido
intake-neither-yes-nor-no = «{ $cell }» não é sim nem não
intake-neither-yes-nor-no-remedy = Escreva sim ou não
intake-no-date = «{ $cell }» não é uma data
intake-no-date-remedy = Escreva-a como 31/12/2026 ou 2026-12-31
intake-date-ambiguous = A data «{ $cell }» pode ler-se de várias maneiras
intake-date-ambiguous-remedy = Declare a ordem no ficheiro de correspondência (dates = "day-month-year"), ou escreva 2026-12-31
intake-date-serial = «{ $cell }» é um número de dia da folha de cálculo
intake-date-serial-remedy = Dê à coluna o formato de data e guarde de novo em CSV
intake-no-such-day = O dia «{ $cell }» não existe, ou o ano é inverosímil
intake-no-such-day-remedy = Corrija a data
intake-no-number = «{ $cell }» não é um número
intake-no-number-remedy = Escreva apenas o número, como 12 500 000
intake-number-ambiguous = O número «{ $cell }» pode ler-se de duas maneiras
intake-number-ambiguous-remedy = Declare a marca decimal no ficheiro de correspondência (decimal = ",")
intake-not-whole = «{ $cell }» não é um número inteiro
intake-not-whole-remedy = Escreva um número inteiro
intake-out-of-range = O número «{ $cell }» está fora dos limites
intake-out-of-range-remedy = Verifique-o: é negativo ou demasiado grande
intake-too-many-telephones = Mais de { $most } números de telefone
intake-too-many-telephones-remedy = Conserve os principais
intake-answer-undated = A resposta está descrita mas não tem data
intake-answer-undated-remedy = Indique a data da resposta
intake-follow-up-undated = O acompanhamento está descrito mas não tem data
intake-follow-up-undated-remedy = Indique a data do acompanhamento
intake-unclosed-quote = Uma aspa não está fechada
intake-unclosed-quote-remedy = Feche-a ou retire-a e importe de novo
intake-stray-quote = Há texto depois de uma aspa de fecho
intake-stray-quote-remedy = Apague a aspa a mais; se fizer parte do texto, ponha toda a célula entre aspas e duplique-a ("")
intake-line-break = «{ $cell }» contém uma quebra de linha
intake-line-break-remedy = Apague-a; se a célula contiver as linhas seguintes do ficheiro, apague a aspa que a abre
intake-control-character = «{ $cell }» contém um carácter de controlo invisível
intake-control-character-remedy = Escreva a célula de novo
intake-line-too-long = A linha ultrapassa { $bytes_max } bytes ou { $cells_max } células
intake-line-too-long-remedy = Verifique que se trata de uma linha da tabela
intake-not-utf-8 = A linha não está em UTF-8 como o resto do ficheiro
intake-not-utf-8-remedy = Guarde todo o ficheiro como «CSV UTF-8»
intake-not-windows-1252 = A linha está em UTF-8, ao contrário do resto do ficheiro
intake-not-windows-1252-remedy = Guarde todo o ficheiro como «CSV UTF-8»
intake-too-many-cells = A linha tem { $found } células, o cabeçalho { $expected }
intake-too-many-cells-remedy = Ponha entre aspas as células que contêm o separador
intake-too-few-cells = A linha tem { $found } células, o cabeçalho { $expected }
intake-too-few-cells-remedy = Complete a linha; pode ter sido cortada
intake-contradicts = A linha { $first_line } tem a mesma chave e diz outra coisa
intake-contradicts-remedy = Conserve a correta das duas, ou dê a esta a sua própria chave
intake-repeats-refused = A linha repete a linha { $first_line }, que não foi importada
intake-repeats-refused-remedy = Corrija a primeira
intake-unknown-enterprise = A empresa não é conhecida
intake-unknown-enterprise-remedy = Importe primeiro o ficheiro das empresas e depois este de novo
intake-row-damaged = A linha guardada está danificada e ilegível
intake-row-damaged-remedy = Descarte-a e importe de novo o seu ficheiro
intake-refused-unknown-code = O código não está na lista { $list }
intake-refused-unknown-code-remedy = Corrija a célula ou o ficheiro de correspondência
intake-refused-foreign = A região é de outro país
intake-refused-foreign-remedy = Corrija a célula ou o ficheiro de correspondência
intake-refused-not-in-force = A região não esteve em vigor em nenhum momento desde o registo
intake-refused-not-in-force-remedy = Indique a região com o nome desse dia ou com o nome atual
intake-refused-too-long = O texto ultrapassa { $bytes_max } bytes
intake-refused-too-long-remedy = Encurte-o
intake-refused-empty = Falta o valor
intake-refused-empty-remedy = Preencha-o
intake-refused-in-future = O dia ainda não chegou
intake-refused-in-future-remedy = Corrija a data, ou importe a linha mais tarde
intake-refused-not-after-withdrawal = O consentimento não é posterior à retirada do anterior para a mesma finalidade
intake-refused-not-after-withdrawal-remedy = Indique o dia de um consentimento posterior
intake-refused-before = O dia é anterior ao de { $other }
intake-refused-before-remedy = Corrija uma das duas datas
intake-refused-out-of-range = O valor não está entre { $least } e { $most }
intake-refused-out-of-range-remedy = Verifique-o
intake-refused-rule-mismatch = A classe de dimensão não condiz com os efetivos ou o volume de negócios
intake-refused-rule-mismatch-remedy = Verifique estas três células
intake-refused-other-currency = O valor assenta numa quantia de dinheiro, e a moeda deste país não é aquela em que as quantias são contadas
intake-refused-other-currency-remedy = Retire a quantia do ficheiro de correspondência, ou indique a própria classe de dimensão
intake-refused-no-holding = A célula não indica um único grupo
intake-refused-no-holding-remedy = Uma empresa pertence a um só grupo: escreva o seu único código, uma maiúscula seguida de maiúsculas, algarismos e hífenes
intake-refused-only-by-step = O valor só muda por uma etapa do tratamento
intake-refused-only-by-step-remedy = Registe a etapa no programa
# disclosure
disclosure-protecting = A proteger o quadro…
disclosure-auditing = A verificar a máscara…
disclosure-cells = Células não nulas, com as margens: { $cells }; sensíveis: { $sensitive }; ocultadas para as proteger: { $secondary }; publicadas: { $published }
disclosure-kept = Conservado: { $cells } % destas células, { $value } % da soma dos seus valores
disclosure-narrowest = Intervalo mais estreito de uma célula sensível, para quem está de fora: { $percent } % do seu valor
disclosure-narrowest-none = Nenhum intervalo de célula sensível tem limite superior
disclosure-tried = { $attacker } ({ $who }): tentativas: { $tried }; células abertas: { $open }
disclosure-further = { $count ->
    [one] e mais { $count } célula
   *[other] e mais { $count } células
}; --format json dá todas
disclosure-attacker-a0 = de fora, por cálculo
disclosure-attacker-a1 = sabe também que os zeros são publicados
disclosure-attacker-a2 = sabe também quais células são sensíveis
disclosure-attacker-a3 = é também o único contribuinte de algumas células
disclosure-attacker-a4 = sabe também que as contagens são números inteiros
disclosure-open = A máscara deixa células abertas: ocultar mais, por exemplo com «essaim disclosure protect»
disclosure-safe = Nenhuma célula está aberta
disclosure-checking = A verificar as publicações de { $count } membros…
disclosure-release-verified = verificada
disclosure-release-failed = FALHA
disclosure-release-open = não verificável
disclosure-release-pending = ainda não
disclosure-release-told = { $cell }, { $measure }: entre { $lower } e { $upper }
disclosure-release-guessed = { $count ->
    [one] { $count } medida de células ocultas deduzir-se-ia se todos os números se somassem no tempo; não é uma falta
   *[other] { $count } medidas de células ocultas deduzir-se-iam se todos os números se somassem no tempo; não é uma falta
}
disclosure-releases-verified = Nada do que foi publicado revela uma célula oculta
disclosure-releases-failed = Há células ocultas que se deduzem: pedir aos membros indicados que retenham o que as revela
disclosure-releases-none = Não há publicações

# release
release-passed = A auditoria passou: com { $hidden } células ocultadas em { $cells }, nenhuma das { $sensitive } sensíveis se pode deduzir do que é publicado agora ou o foi antes ({ $proven } exigências provadas).
release-passed-incident = A auditoria passou para tudo o que publicações anteriores não revelam já: ver o incidente abaixo. Ocultadas: { $hidden } células em { $cells }, das quais { $sensitive } sensíveis ({ $proven } exigências provadas).
release-withheld = Retido por inteiro: nenhuma das { $cells } células é publicada ({ $proven } exigências provadas).
release-withheld-incident = Retido por inteiro, mas publicações anteriores revelam células: ver o incidente acima.
release-lowered = { $count ->
    [one] { $count } exigência pede
   *[other] { $count } exigências pedem
} menos do que as regras: os zeros e as publicações anteriores limitam estes valores por baixo, seja o que for que se oculte.
release-insiders = { $count ->
    [one] Foi tentado { $count } contribuinte ou coligação de contribuintes
   *[other] Foram tentados { $count } contribuintes sozinhos e coligações de contribuintes
}, com o que cada um sabe da sua própria parte: nenhum pode saber o que os outros contribuem.
release-insiders-incident = { $count ->
    [one] Foi tentado { $count } contribuinte ou coligação de contribuintes
   *[other] Foram tentados { $count } contribuintes sozinhos e coligações de contribuintes
}, com o que cada um sabe da sua própria parte: salvo no que é indicado como divulgado ou sem proteção demonstrada, nenhum pode saber o que os outros contribuem.
release-told = { $count ->
    [one] { $count } contagem ocultada pode ser adivinhada
   *[other] { $count } contagens ocultadas podem ser adivinhadas
} por quem sabe quais células são sensíveis, porque os zeros são publicados: por exemplo dois contribuintes de uma unidade cada. Nunca diga fora do polo porque uma célula está ocultada.
release-incident = INCIDENTE: { $count ->
    [one] um número que deve ficar ocultado deduz-se, ou limita-se
   *[other] { $count } números que devem ficar ocultados deduzem-se, ou limitam-se
} mais do que as regras permitem, só das publicações anteriores, por todos ou por alguns dos que contribuem. Esta publicação nada acrescenta, e ocultar mais dela não ajudaria:
release-incident-remedy = O que fazer: ninguém pode retirar uma publicação. Informe o coordenador e a pessoa responsável pela proteção de dados no polo, sem citar os números numa mensagem; decidam juntos se é preciso avisar as empresas em causa. As publicações seguintes são protegidas tendo isto em conta.
release-unproven = Proteção não demonstrada, o que não quer dizer que estas células sejam reveladas; as publicações seguintes têm de as respeitar:
release-narrowest = Os intervalos têm pelo menos esta largura. A0, A1, A4, A5, A6 e A8 foram tentados como um só que sabe tudo isso ao mesmo tempo. A7, um membro dentro de um total da federação, nada mais sabe: os totais são somas de células publicadas.
release-attacker-a0 = o que é publicado
release-attacker-a1 = também que os zeros são publicados
release-attacker-a2 = também quais células são sensíveis
release-attacker-a3 = também a sua própria parte, ou a da sua coligação
release-attacker-a4 = também que as contagens são números inteiros
release-attacker-a5 = também os limites do catálogo
release-attacker-a6 = também todas as publicações anteriores
release-attacker-a8 = também as contagens com os valores
release-hidden = De { $cells } células, { $not_zero } não são nulas. Ocultadas por serem sensíveis: { $primary }; ocultadas para que estas não se deduzam: { $secondary }.
release-kept = Conservado: { $cells } % das células não nulas, { $counts } % de tudo o que é contado (nas células interiores).
release-kept-value = Conservado de { $measure }: { $percent } % (nas células interiores).
release-changes-first = { $period }: não há publicação anterior com que a comparar. Células sensíveis: { $primary }.
release-changes = { $period } ao lado de { $since }: { $compared } células estão em ambas; { $hidden } estavam publicadas e estão ocultadas, { $published } estavam ocultadas e estão publicadas. Células sensíveis: { $before } então, { $primary } agora.
release-changes-hidden = Ocultadas agora:
release-changes-published = Publicadas agora:
release-further = e mais { $count }
release-revised = { $period }: { $count ->
    [one] { $count } célula difere
   *[other] { $count } células diferem
} do que as publicações anteriores dizem: registos chegaram tarde ou foram corrigidos, um consentimento foi dado ou retirado.
release-coarser = Sensíveis: { $primary } de { $cells } células não nulas; nos quadros abaixo mais de { $percent } %. Com um plano de quadros menos fino a partir de { $from }, e tudo o que é proposto, seriam { $coarser_primary } de { $coarser_cells }, sobre os mesmos registos:
release-coarser-unchanged = Sensíveis: { $primary } de { $cells } células não nulas; nos quadros abaixo mais de { $percent } %. Nenhuma forma menos fina destes quadros que conserve células é melhor:
release-coarser-no-table = Sensíveis: { $primary } de { $cells } células não nulas, mais de { $percent } %, mas em nenhum quadro por si só: não há nada menos fino a propor.
release-coarser-remedy = Esta publicação fica como está. O plano é o mesmo para todos os membros e só muda por uma nova versão acordada entre eles: peça ao coordenador um plano menos fino a partir de { $from }. Estes números ficam no polo e não fazem parte desse pedido.
release-yes = sim
release-coarser-year = só o ano
release-coarser-dropped = só o ano: este quadro desaparece, e a publicação não tem nenhum do ano em seu lugar
release-coarser-now = como está
release-coarser-now-best = como está: nenhuma forma menos fina é melhor
release-coarser-total = só o total
release-state-unspecified = desconhecido
release-state-audited = verificada, a aprovar
release-state-approved = aprovada, a publicar
release-state-publishing = em curso de publicação
release-state-published = publicada
release-state-withholding = a reter, a aprovar
release-state-withheld = retida
release-mark-unspecified = desconhecida
release-mark-published = publicada
release-mark-hidden-primary = ocultada: sensível
release-mark-hidden-secondary = ocultada: por outras
release-figures-confidential = Confidencial: são os números próprios do polo, incluindo os ocultados. Não vão para uma mensagem, nem para uma captura de ecrã, nem para uma impressão.
release-differences = Números sensíveis que leitores poderiam formar somando e subtraindo células; também eles não se podem deduzir:
release-why-few-enterprises = empresas a menos
release-why-few-groups = grupos a menos
release-why-ratio = { $measure }: um contribuinte poderia estimar outro (p %)
release-why-share = { $measure }: os maiores têm uma parte demasiado grande (n, k)
release-why-complement = complemento de uma razão
release-why-revision = diferença em relação a publicações anteriores
release-why-same-of-all = diz o mesmo de todo um pequeno grupo
release-why-earlier-rules = sensível segundo as regras de então
release-why-not-kept = sensível; os contribuintes não foram conservados
release-why-others = para que outras não se deduzam
release-why-group = nula; todas as células deste género estão ocultadas
release-why-withheld = retida com a publicação
release-why-unspecified = uma razão que este programa não conhece

# Headings, labels of fields, and what the numbers of an audit mean
column-table = quadro
column-by = por
column-period = período
column-cells = células
column-hidden = ocultadas
column-kept-inner = conservado (células interiores)
column-attacker = atacante
column-knows = sabe
column-tried = tentativas
column-figures = números
column-narrowest-count = contagem mais estreita
column-narrowest-value = valor mais estreito
column-narrowest-share = parte mais estreita
column-instead = em vez disso
column-sensitive = sensíveis
column-share = parte
column-proposed = proposto
column-population = população
column-cell = célula
column-mark = marca
column-enterprises = empresas
column-contributors = contribuintes
column-why = porquê
column-difference = diferença
column-field = campo
column-value = valor
column-meaning = o que quer dizer
column-node = nó
column-member = membro
column-release = publicação
column-verdict = veredicto
column-guessed = suposições
column-reason = razão
field-name = nome
field-period = período
field-state = estado
field-drafted-by = preparada por
field-approved-by = aprovada por
field-published-by = publicada por
field-entry = entrada do registo
field-skipped-periods = períodos saltados
field-reason = razão
field-cause = causa
field-attackers = atacantes
field-cells = células
field-hidden-cells = células ocultadas
field-sensitive-cells = células sensíveis
field-demands-proven = exigências provadas
field-demands-lowered = exigências reduzidas
field-counter-examples = contraexemplos
field-relations = relações
field-relations-broken = relações quebradas
field-insiders = iniciados
field-told-by-status = adivinhadas pelo estatuto
meaning-attackers = contra quem a publicação foi tentada; ver o quadro seguinte
meaning-cells = de todos os quadros, com as margens, cada uma uma vez
meaning-hidden-cells = destas células, seja qual for a razão
meaning-sensitive-cells = destas células, que as regras proíbem que se deduzam
meaning-demands-proven = incertezas que as regras exigem e que foram provadas: uma por contagem sensível, até duas por valor, com as publicações anteriores
meaning-demands-lowered = as que pedem menos do que as regras, porque os zeros e as publicações anteriores limitam o número seja o que for que se oculte
meaning-counter-examples = conjuntos de outros números que concordam com tudo o que é publicado: as provas das exigências
meaning-relations = somas e limites com que um atacante pode calcular; diz só o tamanho da auditoria
meaning-relations-broken = somas no tempo que não batem certo, porque registos chegaram tarde ou foram corrigidos, ou um consentimento foi retirado; nada de alarmante
meaning-insiders = contribuintes sozinhos e coligações tentados com o que cada um sabe da sua própria parte
meaning-told-by-status = contagens ocultadas que adivinha quem sabe quais células são sensíveis: nunca diga porque uma célula está ocultada
